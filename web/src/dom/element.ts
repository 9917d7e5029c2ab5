// Elements of a page. Styles are set through the object model, never as text: the pages' policy admits no inline style.

import { visible } from "./visible";

type Child = Node | string | null;

// An element with attributes (`true` for those without a value, `false` and null for none) and children.
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | number | boolean | null> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, String(value));
  }
  const given = children.filter((child): child is Node | string => child !== null);
  made.append(...given.map((child) => (typeof child === "string" ? visible(child) : child)));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

// An element of a drawing.
export function drawn<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | number> = {},
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

// A button that says what it does.
export function button(text: string, title: string, pressed: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", title }, text);
  made.addEventListener("click", pressed);
  return made;
}

// Styles for a shadow root.
export function styled(root: ShadowRoot, css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
}
