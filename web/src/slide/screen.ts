// Everything of a slide viewer on the screen.

import OpenSeadragon from "openseadragon";
import { MOST_OPEN, tableOf } from "../annotations/table";
import { button, element } from "../dom/element";
import { type Key, helpOf, press } from "../dom/keys";
import { barOf, lengthText } from "../geometry/scale_bar";
import { noticeOfLeftOut } from "../layers/left_out";
import { LayerPanel } from "../layers/panel";
import { noticeOf } from "../layers/verdict";
import type { AnnotationSet, LeftOut } from "../scene/types";
import { SlideAnnotations } from "./annotations";
import { bestDrawer } from "./drawer";
import { Frame } from "./frame";
import { keysOf } from "./keys";
import type { SlideLayer } from "./layer";
import { SlideSource } from "./source";

const MOUSE: readonly (readonly [string, string])[] = [
  ["Drag", "move the slide"],
  ["Wheel", "larger and smaller"],
  ["Click", "larger, around that place"],
];

export class SlideScreen {
  readonly root: HTMLElement;
  readonly annotations: SlideAnnotations;
  readonly frame: Frame;
  private readonly keys: readonly Key[];
  private readonly help: HTMLDialogElement;
  private readonly readout = element("p", { class: "readout" });
  private readonly bar = element("div", { class: "bar", "aria-hidden": "true" });
  private readonly surface = element("div", { class: "surface" });
  private readonly stage = element("div", { class: "stage", role: "group", "aria-label": "Slide" });
  private readonly picture = element("div", { class: "unseen", role: "img" });
  private readonly minimap = element("div", { class: "minimap", "aria-hidden": "true" });
  private readonly panels: LayerPanel<SlideLayer>[];
  private readonly items = new Map<SlideLayer, OpenSeadragon.TiledImage>();
  private readonly sets: readonly AnnotationSet[];
  private readonly missing: readonly LeftOut[];
  private viewer: OpenSeadragon.Viewer | null = null;
  private finding = -1;

  constructor(
    private readonly host: HTMLElement,
    readonly layers: readonly SlideLayer[],
    { sets, missing }: { sets: readonly AnnotationSet[]; missing: readonly LeftOut[] },
  ) {
    this.sets = sets;
    this.missing = missing;
    this.frame = new Frame(this.base.image);
    this.annotations = new SlideAnnotations(sets, this.frame);
    this.keys = keysOf(this);
    this.help = helpOf(this.keys, MOUSE);
    const goTo = (point: readonly number[]) => this.goTo(point[0] ?? 0, point[1] ?? 0);
    this.panels = layers.map((layer) => new LayerPanel(layer, { changed: () => this.look(layer), goTo }));
    this.root = this.compose(goTo);
  }

  get base(): SlideLayer {
    return this.layers[0] as SlideLayer;
  }

  // Starts; `first` is called once there is a picture. The element must stand in the page.
  show(first: () => void): void {
    admitNoStyle();
    const viewer = OpenSeadragon({
      element: this.surface,
      drawer: bestDrawer(),
      showNavigationControl: false,
      showNavigator: true,
      navigatorElement: this.minimap,
      animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.4,
      maxZoomPixelRatio: 8,
      visibilityRatio: 0.5,
      imageLoaderLimit: 6,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      crossOriginPolicy: false,
    });
    this.viewer = viewer;
    // Keys are ours: the viewer would take some and leave others.
    viewer.addHandler("canvas-key", (event) => (event.preventDefaultAction = true));
    viewer.addOnceHandler("tile-drawn", () => {
      first();
      this.mark("first");
    });
    for (const event of ["update-viewport", "open", "resize"] as const) viewer.addHandler(event, () => this.follow());
    this.stage.addEventListener("pointermove", (event) => this.say(this.placeAt(event)));
    for (const layer of this.layers) this.add(layer);
  }

  dispose(): void {
    this.viewer?.destroy();
    this.viewer = null;
  }

  press(event: KeyboardEvent): boolean {
    return press(this.keys, event);
  }

  // Brings a point into the middle, mm.
  goTo(x: number, y: number): void {
    const { viewer } = this;
    if (!viewer) return;
    const place = this.frame.place(x, y);
    viewer.viewport.panTo(place);
    const close = (0.5 / this.zoomOf(viewer.viewport)) * viewer.viewport.getZoom(true);
    if (viewer.viewport.getZoom() < close) viewer.viewport.zoomTo(close);
    this.say(place);
  }

  // Where a point is in the window, CSS pixels.
  place(x: number, y: number): { x: number; y: number } | null {
    const { viewer } = this;
    if (!viewer) return null;
    const box = this.stage.getBoundingClientRect();
    const pixel = viewer.viewport.pixelFromPoint(this.frame.place(x, y), true);
    return { x: box.left + pixel.x, y: box.top + pixel.y };
  }

  zoomBy(factor: number): void {
    this.viewer?.viewport.zoomBy(factor).applyConstraints();
  }

  panBy(right: number, down: number): void {
    const { viewer } = this;
    const by = viewer?.viewport.deltaPointsFromPixels(new OpenSeadragon.Point(right, down));
    if (by) viewer?.viewport.panBy(by).applyConstraints();
  }

  turn(degrees: number): void {
    const viewport = this.viewer?.viewport;
    viewport?.setRotation(viewport.getRotation() + degrees);
  }

  home(): void {
    this.viewer?.viewport.setRotation(0);
    this.viewer?.viewport.goHome();
  }

  overlays(change: "toggle" | number): void {
    const over = this.layers.filter((layer) => !layer.isBase);
    const anyShown = over.some((layer) => layer.shown);
    for (const layer of over) {
      if (change === "toggle") layer.shown = !anyShown;
      else layer.opacity = Math.min(Math.max(layer.opacity + change, 0), 1);
      this.look(layer);
    }
    for (const panel of this.panels) panel.update();
  }

  toggleAnnotations(): void {
    this.annotations.root.hidden = !this.annotations.root.hidden;
  }

  nextFinding(step: number): void {
    const all = this.sets.flatMap((set) => set.items);
    if (all.length === 0) return;
    this.finding = (((this.finding + step) % all.length) + all.length) % all.length;
    const found = all[this.finding];
    if (found) this.goTo(found.at[0], found.at[1]);
  }

  showHelp(): void {
    this.help.showModal();
  }

  private compose(goTo: (point: readonly number[]) => void): HTMLElement {
    const notices = this.layers.map((layer) =>
      noticeOf(layer.scene, (on) => {
        layer.copied = on;
        this.items.get(layer)?.setWidth(this.widthOf(layer), true);
      }),
    );
    const toolbar = element(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "Viewer" },
      button("+", "Larger (+)", () => this.zoomBy(1.6)),
      button("−", "Smaller (-)", () => this.zoomBy(1 / 1.6)),
      button("Whole slide", "The whole slide (r)", () => this.home()),
      button("Turn", "Turn by 90° (t)", () => this.turn(90)),
      button("Full screen", "Full screen, and back", () => this.fullScreen()),
      button("?", "Keys and mouse (?)", () => this.showHelp()),
    );
    this.stage.append(this.surface, this.annotations.root, this.bar, this.minimap, this.picture);
    const main = element("div", { class: "main" }, this.stage, element("div", { class: "below" }, this.readout));
    const side = element("div", { class: "side" }, ...this.panels.map((panel) => panel.root));
    const tables = this.sets.map((set, number) => tableOf(set, { number, open: this.sets.length <= MOST_OPEN }, goTo));
    const body = element("div", { class: "body" }, main, side);
    const root = element("div", { class: "viewer" }, ...this.missing.map(noticeOfLeftOut), ...notices, toolbar, body, ...tables, this.help);
    root.addEventListener("keydown", (event) => {
      const isTyping = event.composedPath().some((node) => node instanceof Element && node.matches("input, select"));
      if (!isTyping && this.press(event)) event.preventDefault();
    });
    return root;
  }

  // `replace`: the tiles are drawn in another way, and a tile remembers its address.
  private add(layer: SlideLayer, replace = false): void {
    const { viewer } = this;
    if (!viewer) return;
    viewer.addTiledImage({
      tileSource: new SlideSource(layer.image, () => layer.query),
      x: 0,
      y: 0,
      width: this.widthOf(layer),
      opacity: this.opacityOf(layer),
      index: this.layers.indexOf(layer),
      replace,
      success: (event) => {
        const item = (event as unknown as { item: OpenSeadragon.TiledImage }).item;
        this.items.set(layer, item);
        item.addHandler("fully-loaded-change", () => this.loaded());
        layer.onColours = () => this.add(layer, true);
      },
    });
  }

  // Both begin at the same corner; the wider one covers more of the glass.
  private widthOf(layer: SlideLayer): number {
    const own = new Frame(layer.image);
    if (layer.isBase || layer.copied || !own.isMeasured || !this.frame.isMeasured) return 1;
    return own.widthMm / this.frame.widthMm;
  }

  private opacityOf(layer: SlideLayer): number {
    return layer.shown ? layer.opacity : 0;
  }

  private look(layer: SlideLayer): void {
    this.items.get(layer)?.setOpacity(this.opacityOf(layer));
    this.viewer?.forceRedraw();
  }

  private loaded(): void {
    const items = [...this.items.values()].filter((item) => item.getOpacity() > 0);
    if (items.length > 0 && items.every((item) => item.getFullyLoaded())) this.mark("full");
  }

  private mark(ready: "first" | "full"): void {
    if (this.host.dataset["ready"] !== "full") this.host.dataset["ready"] = ready;
  }

  private fullScreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    // A browser may refuse, and then nothing changes.
    else this.host.requestFullscreen().catch(() => undefined);
  }

  // Screen pixels of a pixel of the slide.
  private zoomOf(viewport: OpenSeadragon.Viewport): number {
    return (viewport.getZoom(true) * viewport.getContainerSize().x) / this.base.image.size[0];
  }

  // Annotations, scale bar and words keep up with the slide.
  private follow(): void {
    const { viewer } = this;
    if (!viewer?.world.getItemCount()) return;
    this.annotations.update(viewer.viewport);
    const zoom = this.zoomOf(viewer.viewport);
    if (this.frame.isMeasured) {
      const bar = barOf(zoom / this.frame.pixelMm, 140);
      this.bar.style.width = `${bar.pixels}px`;
      this.bar.textContent = bar.text;
    }
    this.bar.hidden = !this.frame.isMeasured;
    this.host.dataset["zoom"] = String(Number(zoom.toPrecision(5)));
    if (!this.readout.textContent) this.say(viewer.viewport.getCenter());
  }

  private placeAt(event: PointerEvent): OpenSeadragon.Point | null {
    const box = this.stage.getBoundingClientRect();
    const pixel = new OpenSeadragon.Point(event.clientX - box.left, event.clientY - box.top);
    return this.viewer?.viewport.pointFromPixel(pixel, true) ?? null;
  }

  private say(place: OpenSeadragon.Point | null): void {
    const { viewer, frame } = this;
    if (!viewer || !place) return;
    const [x, y] = frame.mm(place);
    const [column, row] = frame.pixel(place).map(Math.floor) as [number, number];
    const zoom = this.zoomOf(viewer.viewport);
    const parts = [`pixel ${column}, ${row}`];
    if (frame.isMeasured) {
      parts.unshift(`${x.toFixed(3)}, ${y.toFixed(3)} mm`);
      parts.push(`${lengthText(frame.pixelMm / zoom)} per screen pixel`);
      // By convention 10 µm appear as large as through an objective of 1.
      parts.push(`about ${Number(((0.01 / frame.pixelMm) * zoom).toPrecision(2))}×`);
    } else {
      parts.push(`${(zoom * 100).toPrecision(3)} %`, "pixel size not stated");
    }
    this.readout.textContent = parts.join(" · ");
    this.picture.setAttribute("aria-label", `${this.base.scene.title}: ${parts.join(", ")}`);
    this.host.dataset["mm"] = [x, y].map((value) => String(Number(value.toFixed(6)))).join(",");
  }
}

// OpenSeadragon adds a style to every page, which our policy refuses, unless one with this mark is there.
function admitNoStyle(): void {
  const mark = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${mark}]`)) return;
  // Called like a style, and none for browsers.
  const style = document.createElementNS("urn:gantry", "style");
  style.setAttribute(mark, "");
  document.head.append(style);
}
