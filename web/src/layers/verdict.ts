// Overlays that do not lie where their image lies: a sentence, how far, the line that mends it, and a look at how it
// would be.

import { element } from "../dom/element";
import type { SceneLayer, Verdict } from "../scene/types";

// A notice for a layer; null where there is nothing to say. `copied` is told of the toggle.
export function noticeOf(layer: SceneLayer, copied: ((on: boolean) => void) | null): HTMLElement | null {
  const { verdict } = layer;
  if (!verdict || verdict.aligned) return null;
  const notice = element(
    "section",
    { class: verdict.wrong ? "notice bad" : "notice", "aria-label": `Position of ${layer.title}` },
    element("p", {}, element("strong", {}, layer.title), ": ", verdict.sentence),
  );
  if (verdict.fix) notice.append(fixOf(verdict.fix));
  notice.append(element("details", {}, element("summary", {}, "What differs"), element("p", {}, verdict.details)));
  if (verdict.can_copy && copied) notice.append(toggleOf(verdict, copied));
  return notice;
}

function fixOf(fix: string): HTMLElement {
  return element("p", {}, "This line mends it: ", element("code", {}, fix));
}

function toggleOf(verdict: Verdict, copied: (on: boolean) => void): HTMLElement {
  const box = element("input", { type: "checkbox", name: "copied" });
  box.addEventListener("change", () => copied(box.checked));
  const words = verdict.wrong
    ? "Show as if the geometry were copied from the image (the file stays as it is)"
    : "Show as if it lay where the image lies (the file stays as it is)";
  return element("label", { class: "toggle" }, box, " ", words);
}
