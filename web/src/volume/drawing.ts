// What lies above the pixels of a pane: crosshair, scale bar, annotations, measures.

import { groupOf, type Coloured } from "../annotations/svg";
import { colourOfSet } from "../annotations/colours";
import { project } from "../annotations/project";
import { titleOf } from "../annotations/words";
import { drawn } from "../dom/element";
import { barOf } from "../geometry/scale_bar";
import { distance } from "../geometry/vector";
import type { Pane } from "./pane";
import type { Measure, State } from "./state";

// Empty pixels around the middle of the crosshair.
const GAP = 9;

export class Drawing {
  private annotations: SVGGElement = drawn("g");
  private drawnFor = "";

  constructor(
    private readonly pane: Pane,
    private readonly state: State,
  ) {}

  update(): void {
    const { pane, state } = this;
    this.renew();
    const [left, top] = pane.toScreen(0, 0);
    this.annotations.setAttribute("transform", `matrix(${pane.scale} 0 0 ${pane.scale} ${left} ${top})`);
    const parts: SVGElement[] = state.hasAnnotations ? [this.annotations] : [];
    if (state.hasCrosshair) parts.push(this.crosshair());
    for (const measure of state.measures) parts.push(...this.measured(measure));
    parts.push(...this.scaleBar());
    pane.drawing.replaceChildren(...parts);
  }

  // Annotations are made anew only when another slice is shown.
  private renew(): void {
    const { pane, state } = this;
    const plane = state.planes[pane.name];
    const slice = state.slice(pane.name);
    const items = state.annotations.map((set) => set.items.length).join();
    const key = `${state.alongPatient} ${slice} ${items}`;
    if (key === this.drawnFor) return;
    this.drawnFor = key;
    const pieces = state.annotations.flatMap((set, number) =>
      set.items.flatMap((item, place): Coloured[] =>
        project(item, plane, slice).map((piece) => ({
          piece,
          colour: colourOfSet(number),
          title: titleOf(set, item, place),
        })),
      ),
    );
    this.annotations = groupOf(pieces);
  }

  private crosshair(): SVGElement {
    const { pane } = this;
    const [x, y] = pane.locate(this.state.cross);
    const lines = [
      `M0 ${y}H${x - GAP}M${x + GAP} ${y}H${pane.width}`,
      `M${x} 0V${y - GAP}M${x} ${y + GAP}V${pane.height}`,
    ];
    return drawn("path", { class: "crosshair", d: lines.join("") });
  }

  private measured(measure: Measure): SVGElement[] {
    const { pane } = this;
    const [x1, y1, off1] = pane.locate(measure.from);
    const [x2, y2, off2] = pane.locate(measure.to);
    if (measure.plane !== pane.name || Math.abs(off1) > 0.5 || Math.abs(off2) > 0.5) return [];
    const text = drawn("text", { class: "measure", x: x2 + 8, y: y2 - 8 });
    text.textContent = `${distance(measure.from, measure.to).toFixed(1)} mm`;
    return [drawn("path", { class: "measure", d: `M${x1} ${y1}L${x2} ${y2}` }), text];
  }

  private scaleBar(): SVGElement[] {
    const { pane } = this;
    const bar = barOf(pane.scale, pane.width / 4);
    const [right, bottom] = [pane.width - 12, pane.height - 34];
    const left = right - bar.pixels;
    const text = drawn("text", { class: "scale", x: right, y: bottom - 7, "text-anchor": "end" });
    text.textContent = bar.text;
    return [drawn("path", { class: "scale", d: `M${left} ${bottom - 4}v4H${right}v-4` }), text];
  }
}
