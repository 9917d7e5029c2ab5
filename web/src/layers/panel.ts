// The controls of one layer: on and off, opacity, borders, colours and range, and the labels that it has.

import { button, element } from "../dom/element";
import type { Vec3 } from "../geometry/vector";
import type { SceneLayer } from "../scene/types";
import { millilitres, numberText } from "./numbers";

// A label of a layer; size and place where they are known.
export interface LabelRow {
  value: number;
  ml: number | null;
  at: Vec3 | null;
  // False when the label has a name and no voxel.
  isThere: boolean;
}

// What can be changed about a layer.
export interface Paintable {
  readonly scene: SceneLayer;
  readonly isBase: boolean;
  // Grey values and heat maps have a table of colours and a range; colours do not.
  readonly hasRange: boolean;
  readonly canOutline: boolean;
  readonly labelRows: readonly LabelRow[];
  shown: boolean;
  opacity: number;
  outlined: boolean;
  readonly hidden: Set<number>;
  readonly low: number;
  readonly high: number;
  threshold: number;
  table: string;
  setWindow(center: number, width: number): void;
  nameOf(label: number): string;
  colourOf(label: number): string;
  // To be called after colours or what is hidden have changed.
  showColours(): void;
}

export interface LayerListener<Layer extends Paintable> {
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

export class LayerPanel<Layer extends Paintable> {
  readonly root: HTMLElement;
  private readonly shown = element("input", { type: "checkbox", name: "shown" });
  private readonly opacity = element("input", { type: "range", min: 0, max: 1, step: 0.05, name: "opacity" });
  private readonly outlined = element("input", { type: "checkbox", name: "outlined" });
  private readonly range: HTMLInputElement[] = [];
  private readonly table = element("select", { name: "table" });

  constructor(
    private readonly layer: Layer,
    private readonly listener: LayerListener<Layer>,
  ) {
    const heading = element("label", { class: "heading" }, this.shown, " ", layer.scene.title);
    this.root = element("section", { class: "layer", "aria-label": layer.scene.title }, heading);
    this.listen(this.shown, () => (layer.shown = this.shown.checked), true);
    if (!layer.isBase) this.root.append(row("Opacity", this.opacity));
    this.listen(this.opacity, () => (layer.opacity = Number(this.opacity.value)));
    if (layer.scene.role === "labels") this.labels();
    else if (layer.hasRange) this.colours();
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

  private colours(): void {
    const { layer } = this;
    this.table.append(...TABLES.map(([value, name]) => element("option", { value }, name)));
    this.listen(this.table, () => (layer.table = this.table.value));
    this.root.append(row("Colours", this.table));
    const set = (change: (value: number) => void, label: string | null) => {
      const input = element("input", { type: "number", step: "any", "aria-label": label });
      this.listen(input, () => Number.isFinite(input.valueAsNumber) && change(input.valueAsNumber));
      this.range.push(input);
      return input;
    };
    const window = (low: number, high: number) => layer.setWindow((low + high) / 2, high - low);
    const low = set((value) => window(value, layer.high), "Value of the first colour");
    const high = set((value) => window(layer.low, value), "Value of the last colour");
    const range = element("div", { class: "row" }, element("span", {}, "Range"), low, element("span", {}, "to"), high);
    this.root.append(range);
    if (layer.scene.role === "heat") {
      this.root.append(row("Clear below", set((value) => (layer.threshold = value), null)));
    }
  }

  private labels(): void {
    const { layer } = this;
    this.listen(this.outlined, () => (layer.outlined = this.outlined.checked));
    if (layer.canOutline) this.root.append(element("label", { class: "toggle" }, this.outlined, " Borders only"));
    const { labelRows } = layer;
    if (labelRows.length === 0) {
      this.root.append(element("p", { class: "muted" }, "Nothing is marked."));
      return;
    }
    const hasSizes = labelRows.some((row) => row.ml !== null);
    const columns = ["Shown", "Label", ...(hasSizes ? ["ml", "Go to"] : [])];
    const head = columns.map((text) => element("th", { scope: "col" }, text));
    const table = element(
      "table",
      { class: "labels" },
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...labelRows.map((row) => this.labelRow(row, hasSizes))),
    );
    this.root.append(element("div", { class: "scrolled", tabindex: 0, role: "region", "aria-label": "Labels" }, table));
  }

  private labelRow(row: LabelRow, hasSizes: boolean): HTMLElement {
    const { layer, listener } = this;
    const name = layer.nameOf(row.value);
    const box = element("input", { type: "checkbox", "aria-label": `Show ${name}`, "data-label": row.value });
    box.checked = !layer.hidden.has(row.value);
    this.listen(box, () => (box.checked ? layer.hidden.delete(row.value) : layer.hidden.add(row.value)));
    const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.backgroundColor = layer.colourOf(row.value);
    const { at } = row;
    const size = row.ml !== null ? millilitres(row.ml) : row.isThere ? "" : "none";
    const cells = [element("td", {}, box), element("td", {}, swatch, ` ${name}`)];
    if (hasSizes) {
      const jump = at ? button("Go to", `Go to ${name}`, () => listener.goTo(at)) : null;
      cells.push(element("td", { class: "number" }, size), element("td", {}, jump));
    }
    return element("tr", {}, ...cells);
  }
}

function row(name: string, control: HTMLElement): HTMLElement {
  return element("label", { class: "row" }, element("span", {}, name), control);
}
