// What people do with a viewer, whether by mouse, finger, key or button.

import { type Key, helpOf, press } from "../dom/keys";
import { apply } from "../geometry/affine";
import type { PlaneName } from "../geometry/plane";
import { distance, type Vec3 } from "../geometry/vector";
import { type Commands, MOUSE, keysOf } from "./commands";
import type { Pane, PaneListener, Point } from "./pane";
import type { PointerListener } from "./pointer";
import type { State, Tool } from "./state";

export interface ActionListener {
  redraw(): void;
  setTime(time: number): void;
  hover(mm: Vec3 | null): void;
}

export class Actions implements PaneListener, PointerListener, Commands {
  panes: readonly Pane[] = [];
  readonly helpDialog: HTMLDialogElement;
  private readonly keys: readonly Key[];
  private start: Vec3 | null = null;
  private finding = -1;

  constructor(
    private readonly state: State,
    private readonly listener: ActionListener,
  ) {
    this.keys = keysOf(state, this);
    this.helpDialog = helpOf(this.keys, MOUSE);
  }

  press(event: KeyboardEvent): boolean {
    const known = press(this.keys, event);
    if (known) this.listener.redraw();
    return known;
  }

  help(): void {
    this.helpDialog.showModal();
  }

  goTo(mm: Vec3): void {
    this.state.cross = mm;
    this.listener.redraw();
  }

  tool(): Tool {
    return this.state.tool;
  }

  activate(pane: Pane): void {
    this.state.active = pane.name;
    this.listener.redraw();
  }

  hover(point: Vec3 | null): void {
    this.listener.hover(point);
  }

  look(pane: Pane, at: Point): void {
    this.state.cross = pane.toMm(at);
    this.listener.redraw();
  }

  pan(pane: Pane, by: Point): void {
    const sight = this.state.sights[pane.name];
    sight.u -= by[0] / pane.scale;
    sight.v -= by[1] / pane.scale;
    this.listener.redraw();
  }

  panActive(right: number, down: number): void {
    const active = this.activePane();
    if (active) this.pan(active, [right, down]);
  }

  scroll(pane: Pane, slices: number): void {
    this.state.scroll(pane.name, slices);
    this.listener.redraw();
  }

  scrolledTo(name: PlaneName, slice: number): void {
    this.state.toSlice(name, slice);
    this.listener.redraw();
  }

  maximise(name: PlaneName): void {
    const { state } = this;
    state.maximised = state.maximised === null && state.usable.length > 1 ? name : null;
    state.active = name;
    this.listener.redraw();
  }

  zoomActive(factor: number): void {
    const active = this.activePane();
    if (active) this.zoom(active, factor, [active.width / 2, active.height / 2]);
  }

  // Around a pixel of a pane.
  zoom(pane: Pane, factor: number, [x, y]: Point): void {
    const sight = this.state.sights[pane.name];
    const before = pane.scale;
    sight.zoom = Math.min(Math.max(sight.zoom * factor, 0.2), 60);
    const after = pane.scale;
    sight.u += (x - pane.width / 2) * (1 / before - 1 / after);
    sight.v += (y - pane.height / 2) * (1 / before - 1 / after);
    this.listener.redraw();
  }

  // Dragged by so many pixels: to the right wider, down brighter.
  window(by: Point): void {
    const { base } = this.state;
    const { low, high } = base.image.numbers;
    const span = Math.max((high ?? 1) - (low ?? 0), 1e-9) / 400;
    base.setWindow(base.center + by[1] * span, base.width + by[0] * span);
    this.listener.redraw();
  }

  widen(center: number, width: number): void {
    const { base } = this.state;
    base.setWindow(base.center + center * base.width, base.width * width);
  }

  preset(number: number): void {
    const { base } = this.state;
    const preset = number < 0 ? base.image.window : base.image.presets[number];
    if (!preset) return;
    [base.center, base.width, base.low, base.high] = [preset.center, preset.width, preset.low, preset.high];
    this.listener.redraw();
  }

  automatic(): void {
    const { base } = this.state;
    const { low, high } = base.image.numbers;
    if (low === null || high === null) return;
    base.setWindow((low + high) / 2, high - low);
    this.listener.redraw();
  }

  measure(pane: Pane, from: Vec3, to: Vec3, isNew: boolean): void {
    const { measures } = this.state;
    if (!isNew) measures.pop();
    measures.push({ plane: pane.name, from, to });
    this.listener.redraw();
  }

  measureHere(): void {
    const { state } = this;
    if (this.start && distance(this.start, state.cross) > 0) {
      state.measures.push({ plane: state.active, from: this.start, to: state.cross });
      this.start = null;
    } else {
      this.start = state.cross;
    }
  }

  setTime(time: number): void {
    this.listener.setTime(time);
  }

  overlays(change: "toggle" | "outline" | number): void {
    const over = this.state.layers.filter((layer) => !layer.isBase && layer.voxels.length > 0);
    const anyShown = over.some((layer) => layer.shown);
    for (const layer of over) {
      if (change === "toggle") layer.shown = !anyShown;
      else if (change === "outline") layer.outlined = !layer.outlined;
      else layer.opacity = Math.min(Math.max(layer.opacity + change, 0), 1);
    }
  }

  nextFinding(step: number): void {
    const { state } = this;
    const labels = state.layers
      .filter((layer) => layer.shown && layer.scene.role === "labels")
      .flatMap((layer) => (layer.image.labels ?? []).filter((label) => !layer.hidden.has(label.value)))
      .map((label) => label.at_mm);
    const all = [...labels, ...state.annotations.flatMap((set) => set.items.map((item) => item.at))];
    if (all.length === 0) return;
    this.finding = (((this.finding + step) % all.length) + all.length) % all.length;
    this.goTo(all[this.finding] as Vec3);
  }

  reset(): void {
    const { state } = this;
    state.reset();
    state.maximised = null;
    state.measures = [];
    this.start = null;
    if (state.alongPatient) state.setAlongPatient(false);
    const { matrix, size } = state.base.image;
    const middle = size.map((side) => Math.floor((side - 1) / 2)) as [number, number, number];
    state.cross = apply(matrix, middle);
    this.preset(-1);
  }

  private activePane(): Pane | undefined {
    return this.panes.find((pane) => pane.name === this.state.active);
  }
}
