// Everything of a viewer on the screen, kept in step with its state.

import { MOST_OPEN, tableOf } from "../annotations/table";
import { element } from "../dom/element";
import type { PlaneName } from "../geometry/plane";
import { PLANES } from "../geometry/plane";
import type { Vec3 } from "../geometry/vector";
import { leftOut, noticeOfLeftOut } from "../layers/left_out";
import { LayerPanel } from "../layers/panel";
import { noticeOf } from "../layers/verdict";
import { Actions } from "./actions";
import { Drawing } from "./drawing";
import type { Layer } from "./layer";
import { Loading, type Progress } from "./loading";
import { Pane } from "./pane";
import { listen } from "./pointer";
import { valueWords, wordsAt } from "./readout";
import { Stage } from "./stage";
import type { State } from "./state";
import { Toolbar } from "./toolbar";

const WORDS: Record<Progress, string> = {
  first: "loading…",
  preview: "lower resolution, the full one is coming…",
  full: "",
};

// Voxels that come are drawn at most so often, ms: without a graphics card a picture takes the processors for longer than
// the voxels themselves, which then wait for it.
const PAUSE = 400;

export class Screen {
  readonly root: HTMLElement;
  private readonly stage: Stage;
  private readonly panes: Pane[];
  private readonly drawings: Drawing[];
  private readonly panels: LayerPanel<Layer>[];
  private readonly toolbar: Toolbar;
  private readonly loading: Loading;
  private readonly actions: Actions;
  private readonly grid = element("div", { class: "panes" });
  private readonly notices = element("div", { class: "notices" });
  private readonly readout = element("p", { class: "readout" });
  private readonly live = element("p", { class: "unseen", "aria-live": "polite" });
  private readonly progress = element("span", { class: "progress" });
  private readonly sizes = new ResizeObserver(() => this.redraw());
  private frame = 0;
  // Voxels have come since the last picture, and when they are drawn at the latest.
  private isStale = false;
  private pause = 0;
  private saying = 0;
  private hovered: Vec3 | null = null;
  private onFirst: (() => void) | null = null;

  constructor(
    private readonly host: HTMLElement,
    private readonly state: State,
  ) {
    const redraw = () => this.redraw();
    this.stage = new Stage(state.layers, redraw);
    this.loading = new Loading(state, () => this.stage.largestSide, {
      came: () => this.came(),
      reached: (progress) => this.reached(progress),
      failed: (problem) => this.failed(problem),
      missing: (layer, problem) => this.missing(layer, problem),
    });
    this.actions = new Actions(state, { redraw, setTime: (time) => this.setTime(time), hover: (mm) => this.hover(mm) });
    this.panes = PLANES.map((name) => new Pane(name, state, this.actions));
    this.drawings = this.panes.map((pane) => new Drawing(pane, state));
    for (const pane of this.panes) {
      listen(pane, this.actions);
      pane.root.addEventListener("focus", () => this.actions.activate(pane));
    }
    this.actions.panes = this.panes;
    this.toolbar = new Toolbar(state, {
      changed: redraw,
      preset: (number) => this.actions.preset(number),
      automatic: () => this.actions.automatic(),
      setTime: (time) => this.setTime(time),
      reset: () => this.actions.reset(),
      help: () => this.actions.help(),
      fullScreen: () => this.fullScreen(),
    });
    const changed = (layer: Layer, isShown: boolean) => this.layerChanged(layer, isShown);
    const goTo = (mm: Vec3) => this.goTo(mm);
    this.panels = state.layers.map((layer) => new LayerPanel(layer, { changed, goTo }));
    this.root = this.compose(goTo);
  }

  // Starts; `first` is called once there is a picture.
  show(first: () => void): void {
    if (!this.stage.start()) throw new Error("this browser has no WebGL 2; the pictures below need none.");
    this.onFirst = first;
    this.loading.start();
  }

  dispose(): void {
    this.loading.end();
    this.sizes.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.pause);
    this.stage.dispose();
  }

  goTo(mm: Vec3): void {
    this.actions.goTo(mm);
  }

  place(plane: PlaneName, mm: Vec3): { x: number; y: number; slices: number } | null {
    const pane = this.panes.find((pane) => pane.name === plane);
    if (!pane || !this.state.visible.includes(plane)) return null;
    const box = pane.root.getBoundingClientRect();
    const [x, y, slices] = pane.locate(mm);
    return { x: box.left + x, y: box.top + y, slices };
  }

  colour(plane: PlaneName, mm: Vec3): [number, number, number] | null {
    const place = this.place(plane, mm);
    if (!place) return null;
    this.draw();
    const box = this.stage.canvas.getBoundingClientRect();
    const ratio = this.stage.canvas.width / box.width;
    return this.stage.colourAt(Math.floor((place.x - box.left) * ratio), Math.floor((place.y - box.top) * ratio));
  }

  private compose(goTo: (mm: Vec3) => void): HTMLElement {
    const { state } = this;
    const notices = state.leftOut.map(noticeOfLeftOut);
    const verdicts = state.layers.map((layer) => {
      const copied = (on: boolean) => {
        layer.copied = on;
        this.redraw();
      };
      return noticeOf(layer.scene, copied);
    });
    this.notices.append(...notices, ...verdicts.filter((notice) => notice !== null));
    const tables = state.annotations.map((set, number) => tableOf(set, { number, open: state.annotations.length <= MOST_OPEN }, goTo));
    this.grid.append(this.stage.canvas, ...this.panes.map((pane) => pane.root));
    const side = element("div", { class: "side" }, ...this.panels.map((panel) => panel.root));
    const below = element("div", { class: "below" }, this.readout, this.progress);
    const main = element("div", { class: "main" }, this.grid, below);
    const root = element(
      "div",
      { class: "viewer" },
      this.notices,
      this.toolbar.root,
      element("div", { class: "body" }, main, side),
      ...tables,
      this.live,
      this.actions.helpDialog,
    );
    root.addEventListener("keydown", (event) => {
      const isTyping = event.composedPath().some((node) => node instanceof Element && node.matches("input, select"));
      if (!isTyping && this.actions.press(event)) event.preventDefault();
    });
    this.sizes.observe(this.grid);
    return root;
  }

  private came(): void {
    const { onFirst } = this;
    if (onFirst && this.state.base.best) {
      this.onFirst = null;
      onFirst();
      this.mark("first");
      this.draw();
    } else {
      this.isStale = true;
      this.pause ||= window.setTimeout(() => this.redraw(), PAUSE);
    }
  }

  private reached(progress: Progress): void {
    this.mark(progress);
    if (this.isStale) this.redraw();
  }

  private mark(progress: Progress): void {
    this.host.dataset["ready"] = progress;
    this.progress.textContent = WORDS[progress];
  }

  private failed(problem: unknown): void {
    this.host.dataset["ready"] = "error";
    const text = problem instanceof Error ? problem.message : String(problem);
    this.root.prepend(element("p", { class: "notice bad", role: "alert" }, `Not everything could be loaded: ${text}`));
  }

  // An overlay that did not come: the others are shown.
  private missing(layer: Layer, problem: unknown): void {
    layer.shown = false;
    this.notices.prepend(noticeOfLeftOut(leftOut(layer.scene, problem)));
    this.redraw();
  }

  private setTime(time: number): void {
    const { state } = this;
    const wanted = Math.min(Math.max(time, 0), state.base.image.times - 1);
    if (wanted === state.time) return;
    state.time = wanted;
    this.mark("first");
    this.loading.start();
    this.redraw();
  }

  private layerChanged(layer: Layer, isShown: boolean): void {
    if (isShown && layer.shown && layer.voxels.length === 0) {
      void this.loading.over(layer);
    }
    this.redraw();
  }

  private fullScreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    // A browser may refuse, and then nothing changes.
    else this.host.requestFullscreen().catch(() => undefined);
  }

  private hover(mm: Vec3 | null): void {
    this.hovered = mm;
    this.say();
  }

  private redraw(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.pause);
    this.frame = this.pause = 0;
    this.isStale = false;
    const { state } = this;
    const visible = new Set(state.visible);
    this.grid.dataset["panes"] = String(visible.size);
    for (const pane of this.panes) pane.root.hidden = !visible.has(pane.name);
    const shown = this.panes.filter((pane) => visible.has(pane.name));
    for (const pane of shown) pane.measure();
    this.stage.draw(shown, state.smoothed);
    for (const pane of shown) pane.update();
    for (const [place, drawing] of this.drawings.entries()) {
      if (visible.has(PLANES[place] as PlaneName)) drawing.update();
    }
    this.toolbar.update();
    for (const panel of this.panels) panel.update();
    this.say();
  }

  // Position and values in words: at the pointer to be seen, at the crosshair to be heard.
  private say(): void {
    const { state, host } = this;
    this.readout.textContent = wordsAt(state, this.hovered ?? state.cross);
    host.dataset["mm"] = state.cross.map((value) => String(Number(value.toFixed(4)))).join(",");
    const value = valueWords(state.base, state.cross);
    if (value === null) delete host.dataset["value"];
    else host.dataset["value"] = value;
    const words = wordsAt(state, state.cross);
    if (words === this.stage.canvas.getAttribute("aria-label")) return;
    this.stage.canvas.setAttribute("aria-label", words);
    // Not every step of a drag is read out.
    clearTimeout(this.saying);
    this.saying = window.setTimeout(() => (this.live.textContent = words), 400);
  }
}
