// One plane on the screen: its place in the canvas, its letters, its slider, and the drawing above it.

import { button, drawn, element } from "../dom/element";
import { apply, turn } from "../geometry/affine";
import type { PlaneName } from "../geometry/plane";
import type { Vec3 } from "../geometry/vector";
import type { PaneArea } from "../gl/painter";
import type { State } from "./state";

export type Point = readonly [number, number];

// What a pane tells the viewer.
export interface PaneListener {
  scrolledTo(name: PlaneName, slice: number): void;
  maximise(name: PlaneName): void;
}

export class Pane {
  readonly root: HTMLElement;
  readonly drawing: SVGSVGElement;
  private readonly slider: HTMLInputElement;
  private readonly caption: HTMLElement;
  private readonly edges: Record<"left" | "right" | "top" | "bottom", HTMLElement>;
  width = 0;
  height = 0;

  constructor(
    readonly name: PlaneName,
    private readonly state: State,
    listener: PaneListener,
  ) {
    this.drawing = drawn("svg", { "aria-hidden": "true" });
    this.caption = element("span", { class: "caption" });
    const edge = (side: string) => element("span", { class: `edge ${side}`, "aria-hidden": "true" });
    this.edges = { left: edge("left"), right: edge("right"), top: edge("top"), bottom: edge("bottom") };
    this.slider = element("input", { type: "range", min: 1, step: 1, "aria-label": `${title(name)} slice` });
    this.slider.addEventListener("input", () => listener.scrolledTo(name, Number(this.slider.value) - 1));
    const maximise = button("⤢", `${title(name)} plane alone, or all of them (f)`, () => listener.maximise(name));
    maximise.className = "maximise";
    this.root = element(
      "div",
      { class: "pane", role: "group", tabindex: 0, "aria-label": `${title(name)} plane`, "data-plane": name },
      this.drawing,
      ...Object.values(this.edges),
      this.caption,
      maximise,
      this.slider,
    );
  }

  private get plane() {
    return this.state.planes[this.name];
  }

  // Size on the screen, CSS pixels.
  measure(): void {
    this.width = this.root.clientWidth;
    this.height = this.root.clientHeight;
  }

  // CSS pixels of one mm.
  get scale(): number {
    const { plane } = this;
    const fit = Math.min((this.width - 8) / plane.width, (this.height - 40) / plane.height);
    return Math.max(fit, 1e-6) * this.state.sights[this.name].zoom;
  }

  // From mm in the plane to pixels of the pane.
  toScreen(u: number, v: number): Point {
    const sight = this.state.sights[this.name];
    return [this.width / 2 + (u - sight.u) * this.scale, this.height / 2 + (v - sight.v) * this.scale];
  }

  // The point of the slice under a pixel of the pane, LPS mm.
  toMm([x, y]: Point): Vec3 {
    const sight = this.state.sights[this.name];
    const u = sight.u + (x - this.width / 2) / this.scale;
    const v = sight.v + (y - this.height / 2) / this.scale;
    return apply(this.plane.toMm, [u, v, this.state.slice(this.name)]);
  }

  // Where a point of the patient is in the pane: pixels, and slices from the one that is shown.
  locate(point: Vec3): [number, number, number] {
    const [u, v, w] = apply(this.plane.fromMm, point);
    const [x, y] = this.toScreen(u, v);
    return [x, y, w - this.state.slice(this.name)];
  }

  // The pane in device pixels of a canvas whose upper left corner lies at `origin` of the window.
  area(origin: Point, pixelRatio: number): PaneArea {
    const box = this.root.getBoundingClientRect();
    const device = (value: number) => Math.round(value * pixelRatio);
    const [left, top] = [device(box.left - origin[0]), device(box.top - origin[1])];
    const width = device(box.right - origin[0]) - left;
    const height = device(box.bottom - origin[1]) - top;
    const mm = 1 / (this.scale * pixelRatio);
    return {
      left,
      top,
      width,
      height,
      corner: this.toMm([left / pixelRatio + origin[0] - box.left, top / pixelRatio + origin[1] - box.top]),
      right: turn(this.plane.toMm, [mm, 0, 0]),
      down: turn(this.plane.toMm, [0, mm, 0]),
    };
  }

  // Words and slider as the state has them.
  update(): void {
    const { plane } = this;
    const slice = this.state.slice(this.name);
    this.caption.textContent = `${title(this.name)} ${slice + 1}/${plane.slices}`;
    for (const [side, edge] of Object.entries(this.edges)) {
      edge.textContent = plane.letters[side as keyof typeof plane.letters];
    }
    this.slider.max = String(plane.slices);
    this.slider.value = String(slice + 1);
    this.slider.hidden = plane.slices < 2;
    this.root.classList.toggle("active", this.state.active === this.name);
  }
}

export function title(name: PlaneName): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
