// The keyboard: every key with what it does, from which the help is made too.

import { element } from "../dom/element";

export interface Key {
  // Values of `KeyboardEvent.key`; letters in lower case.
  keys: readonly string[];
  // For the help.
  shown: string;
  does: string;
  run: (event: KeyboardEvent) => void;
}

// Runs the first key that matches; true when there is one.
export function press(keys: readonly Key[], event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = keys.find((key) => key.keys.includes(pressed));
  if (!found) return false;
  found.run(event);
  return true;
}

// A dialog with all keys.
export function helpOf(keys: readonly Key[], mouse: readonly (readonly [string, string])[]): HTMLDialogElement {
  const rows = [...keys.map((key) => [key.shown, key.does] as const), ...mouse].map(([shown, does]) =>
    element(
      "tr",
      {},
      element("td", {}, ...shown.split(" ").flatMap((key) => [element("kbd", {}, key), " "])),
      element("td", {}, does),
    ),
  );
  const close = element("button", { type: "submit" }, "Close");
  return element(
    "dialog",
    { "aria-label": "Keys and mouse" },
    element("h2", {}, "Keys and mouse"),
    element("div", { class: "scrolled", tabindex: 0 }, element("table", {}, element("tbody", {}, ...rows))),
    element("form", { method: "dialog" }, close),
  );
}
