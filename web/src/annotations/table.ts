// Annotations as a table: what can be seen can also be read.

import { button, element } from "../dom/element";
import type { Vec3 } from "../geometry/vector";
import type { AnnotationSet } from "../scene/types";
import { colourOfSet } from "./colours";
import { millimetres, nameOf } from "./words";

// Rows at first, and at each wish for more.
const ROWS = 50;
// With more sets than this, tables are folded: there should be an end to the page.
export const MOST_OPEN = 4;

export function tableOf(set: AnnotationSet, { number, open }: { number: number; open: boolean }, goTo: (point: Vec3) => void): HTMLElement {
  const swatch = element("span", { class: "swatch round", "aria-hidden": "true" });
  swatch.style.backgroundColor = colourOfSet(number);
  const hasProbability = set.items.some((item) => item.probability !== undefined);
  const hasMeasure = set.items.some((item) => item.measure !== undefined);
  const numbers = ["Position, mm (LPS)", ...(hasMeasure ? ["Size"] : []), ...(hasProbability ? ["Probability"] : [])];
  const head = [
    element("th", { scope: "col" }, "Name"),
    ...numbers.map((text) => element("th", { scope: "col", class: "number" }, text)),
    element("th", { scope: "col" }, element("span", { class: "unseen" }, "Go to")),
  ];
  const body = element("tbody");
  const more = button("", "Show more rows", () => fill());
  const fill = () => {
    const from = body.childElementCount;
    for (const [place, item] of set.items.slice(from, from + ROWS).entries()) {
      const name = nameOf(item, from + place);
      body.append(
        element(
          "tr",
          {},
          element("td", {}, name),
          element("td", { class: "number" }, millimetres(item.at)),
          hasMeasure ? element("td", { class: "number" }, item.measure ?? "") : null,
          hasProbability ? element("td", { class: "number" }, item.probability?.toFixed(2) ?? "") : null,
          element("td", {}, button("Go to", `Go to ${name}`, () => goTo(item.at))),
        ),
      );
    }
    const left = set.items.length - body.childElementCount;
    more.hidden = left <= 0;
    more.textContent = `Show more (${left} left)`;
  };
  fill();
  const warnings = set.warnings.map((warning) => element("p", { class: "notice bad" }, sentence(warning)));
  return element(
    "details",
    { class: "annotation-set", open },
    element("summary", {}, swatch, ` ${set.title} (${set.count})`),
    ...warnings,
    element("div", { class: "scrolled", tabindex: 0, role: "region", "aria-label": set.title },
      element("table", {}, element("thead", {}, element("tr", {}, ...head)), body)),
    more,
  );
}

function sentence(fragment: string): string {
  return `${fragment.charAt(0).toUpperCase()}${fragment.slice(1)}.`;
}
