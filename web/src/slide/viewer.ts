// <slide-viewer>: a slide with whatever lies over it.

import { complete, described, sceneOf } from "../scene/read";
import type { SlideDescription } from "../scene/types";
import { element, styled } from "../dom/element";
import common from "../layers/viewer.css?inline";
import { leftOut } from "../layers/left_out";
import { SlideLayer } from "./layer";
import { SlideScreen } from "./screen";
import css from "./viewer.css?inline";

// Attributes: `data-ready` is `first`, `full`, or `error` when nothing can be shown; `data-mm` the point in the middle or
// at the pointer (x, y), `data-zoom` screen pixels of a pixel of the slide.
export class SlideViewer extends HTMLElement {
  private screen: SlideScreen | null = null;
  private stop: AbortController | null = null;

  connectedCallback(): void {
    if (this.stop) return;
    this.stop = new AbortController();
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    styled(root, common + css);
    // The picture of the page stays until there is a better one.
    root.replaceChildren(element("slot"));
    this.start(root, this.stop.signal).catch((problem: unknown) => this.fail(root, problem));
  }

  disconnectedCallback(): void {
    this.stop?.abort();
    this.stop = null;
    this.screen?.dispose();
    this.screen = null;
  }

  private async start(root: ShadowRoot, signal: AbortSignal): Promise<void> {
    const scene = sceneOf(this);
    const answers = Promise.allSettled(scene.layers.map((layer) => described<SlideDescription>(layer, signal)));
    const sets = await Promise.all(scene.annotations.map((set) => complete(set, signal).catch(() => set)));
    const layers: SlideLayer[] = [];
    // One overlay that cannot be read must not hide the slide, nor be missing without a word.
    const missing = [...scene.left_out];
    for (const [place, answer] of (await answers).entries()) {
      const layer = scene.layers[place];
      if (!layer) continue;
      if (answer.status === "fulfilled") layers.push(new SlideLayer(layer, answer.value, place === 0));
      else if (place === 0) throw answer.reason;
      else missing.push(leftOut(layer, answer.reason));
    }
    if (signal.aborted || layers.length === 0) return;
    const screen = new SlideScreen(this, layers, { sets, missing });
    this.screen = screen;
    const first = element("div", {}, element("slot"));
    screen.root.classList.add("waiting");
    root.replaceChildren(screen.root, first);
    screen.show(() => {
      first.hidden = true;
      screen.root.classList.remove("waiting");
    });
  }

  private fail(root: ShadowRoot, problem: unknown): void {
    if (problem instanceof DOMException && problem.name === "AbortError") return;
    this.dataset["ready"] = "error";
    const text = problem instanceof Error ? problem.message : String(problem);
    const said = element("p", { class: "notice bad", role: "alert" }, `The viewer cannot show this: ${text}`);
    root.replaceChildren(said, element("slot"));
  }

  // Where a point of the slide (mm) is in the window, CSS pixels. For tests and links.
  place(x: number, y: number): { x: number; y: number } | null {
    return this.screen?.place(x, y) ?? null;
  }

  // Brings a point into the middle, mm.
  goTo(x: number, y: number): void {
    this.screen?.goTo(x, y);
  }
}
