// The controls of one layer: on and off, opacity, borders, colours and range, and the labels that it has.

import { button, element } from "../dom/element";
import type { LabelEntry } from "../scene/types";
import type { Vec3 } from "../geometry/vector";
import type { Layer } from "./layer";
import { numberText } from "./readout";

export interface LayerListener {
  // Something of the layer looks different now; `isShown` says that it was switched on or off.
  changed(layer: Layer, isShown: boolean): void;
  goTo(point: Vec3): void;
}

// Tables of colours for people.
const TABLES: readonly (readonly [string, string])[] = [
  ["grey", "Grey"],
  ["inverted_grey", "Inverted grey"],
  ["viridis", "Viridis"],
  ["hot", "Hot"],
  ["pet", "PET"],
];

export class LayerPanel {
  readonly root: HTMLElement;
  private readonly shown = element("input", { type: "checkbox" });
  private readonly opacity = element("input", { type: "range", min: 0, max: 1, step: 0.05 });
  private readonly outlined = element("input", { type: "checkbox" });
  private readonly range: HTMLInputElement[] = [];
  private readonly table = element("select", { "aria-label": "Colours" });

  constructor(
    private readonly layer: Layer,
    private readonly listener: LayerListener,
  ) {
    const heading = element("label", { class: "heading" }, this.shown, " ", layer.scene.title);
    this.root = element("section", { class: "layer", "aria-label": layer.scene.title }, heading);
    this.listen(this.shown, () => (layer.shown = this.shown.checked), true);
    if (!layer.isBase) this.root.append(this.row("Opacity", this.opacity));
    this.listen(this.opacity, () => (layer.opacity = Number(this.opacity.value)));
    if (layer.scene.role === "labels") this.labels();
    else if (layer.image.texture_channels === 1) this.colours();
    if (layer.scene.verdict?.aligned) {
      this.root.append(element("p", { class: "aligned" }, layer.scene.verdict.sentence));
    }
    this.update();
  }

  // Controls as the layer is.
  update(): void {
    const { layer } = this;
    this.shown.checked = layer.shown;
    this.opacity.value = String(layer.opacity);
    this.outlined.checked = layer.outlined;
    this.table.value = layer.table;
    const values = [layer.low, layer.high, layer.threshold];
    this.range.forEach((input, place) => {
      // Not while somebody types.
      if (!input.matches(":focus")) input.value = numberText(values[place] ?? 0);
    });
  }

  private listen(input: HTMLElement, change: () => void, isShown = false): void {
    input.addEventListener("input", () => {
      change();
      this.layer.showColours();
      this.listener.changed(this.layer, isShown);
    });
  }

  private row(name: string, control: HTMLElement): HTMLElement {
    return element("label", { class: "row" }, element("span", {}, name), control);
  }

  private colours(): void {
    const { layer } = this;
    this.table.append(...TABLES.map(([value, name]) => element("option", { value }, name)));
    this.listen(this.table, () => (layer.table = this.table.value));
    this.root.append(this.row("Colours", this.table));
    const set = (change: (value: number) => void) => {
      const input = element("input", { type: "number", step: "any" });
      this.listen(input, () => Number.isFinite(input.valueAsNumber) && change(input.valueAsNumber));
      this.range.push(input);
      return input;
    };
    const window = (low: number, high: number) => layer.setWindow((low + high) / 2, high - low);
    const [low, high] = [set((value) => window(value, layer.high)), set((value) => window(layer.low, value))];
    low.setAttribute("aria-label", "Value of the first colour");
    high.setAttribute("aria-label", "Value of the last colour");
    this.root.append(
      element("div", { class: "row" }, element("span", {}, "Range"), low, element("span", {}, "to"), high),
    );
    if (layer.scene.role === "heat") {
      this.root.append(this.row("Clear below", set((value) => (layer.threshold = value))));
    }
  }

  private labels(): void {
    const { layer } = this;
    this.listen(this.outlined, () => (layer.outlined = this.outlined.checked));
    this.root.append(element("label", { class: "toggle" }, this.outlined, " Borders only"));
    const entries = rowsOf(layer);
    if (entries.length === 0) {
      this.root.append(element("p", { class: "muted" }, "Nothing is marked."));
      return;
    }
    const head = ["", "Label", "ml", ""].map((text) => element("th", { scope: "col" }, text));
    const table = element(
      "table",
      { class: "labels" },
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...entries.map((entry) => this.labelRow(entry))),
    );
    this.root.append(element("div", { class: "scrolled", tabindex: 0, role: "region", "aria-label": "Labels" }, table));
  }

  private labelRow(entry: Row): HTMLElement {
    const { layer, listener } = this;
    const name = layer.nameOf(entry.value);
    const box = element("input", { type: "checkbox", "aria-label": `Show ${name}`, "data-label": entry.value });
    box.checked = !layer.hidden.has(entry.value);
    this.listen(box, () => (box.checked ? layer.hidden.delete(entry.value) : layer.hidden.add(entry.value)));
    const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.backgroundColor = layer.colourOf(entry.value);
    const { found } = entry;
    const jump = found ? button("Go to", `Go to ${name}`, () => listener.goTo(found.at_mm)) : null;
    return element(
      "tr",
      {},
      element("td", {}, box),
      element("td", {}, swatch, ` ${name}`),
      element("td", { class: "number" }, found ? millilitres(found.ml) : "none"),
      element("td", {}, jump),
    );
  }
}

interface Row {
  value: number;
  found: LabelEntry | null;
}

// Labels that have a name or are there.
function rowsOf(layer: Layer): Row[] {
  const found = layer.image.labels ?? [];
  const named = layer.scene.segments.map((segment) => segment.value).filter((value) => value !== 0);
  const values = [...new Set([...named, ...found.map((entry) => entry.value)])].sort((a, b) => a - b);
  return values.map((value) => ({ value, found: found.find((entry) => entry.value === value) ?? null }));
}

export function millilitres(ml: number): string {
  if (ml >= 100) return ml.toFixed(0);
  return ml >= 1 ? ml.toFixed(1) : Number(ml.toPrecision(2)).toString();
}
