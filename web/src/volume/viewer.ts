// <volume-viewer>: three linked planes of a volume, with whatever lies over it.

import { complete, described, sceneOf } from "../scene/read";
import type { Scene, VolumeDescription } from "../scene/types";
import { element, styled } from "../dom/element";
import { type PlaneName, PLANES } from "../geometry/plane";
import type { Vec3 } from "../geometry/vector";
import common from "../layers/viewer.css?inline";
import { leftOut } from "../layers/left_out";
import { Layer } from "./layer";
import { Screen } from "./screen";
import { State } from "./state";
import css from "./viewer.css?inline";

// Attributes: `data-ready` is `first`, `preview` or `full`, `error` when nothing can be shown; `data-mm` the crosshair
// (x, y, z in LPS mm), `data-value` the value of the image there.
export class VolumeViewer extends HTMLElement {
  private screen: Screen | null = null;
  private stop: AbortController | null = null;

  connectedCallback(): void {
    if (this.stop) return;
    this.stop = new AbortController();
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    styled(root, common + css);
    // The pictures of the page stay until there are better ones.
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
    const state = await stateOf(scene, signal);
    if (signal.aborted) return;
    this.screen = new Screen(this, state);
    this.screen.show(() => {
      const first = element("div", { hidden: true }, element("slot"));
      root.replaceChildren(...(this.screen ? [this.screen.root] : []), first);
    });
  }

  private fail(root: ShadowRoot, problem: unknown): void {
    if (problem instanceof DOMException && problem.name === "AbortError") return;
    this.dataset["ready"] = "error";
    const text = problem instanceof Error ? problem.message : String(problem);
    const said = element("p", { class: "notice bad", role: "alert" }, `The viewer cannot show this: ${text}`);
    root.replaceChildren(said, element("slot"));
  }

  // Where a point is in a plane: CSS pixels of the window, and slices from the one that is shown. For tests and links.
  place(plane: PlaneName, mm: Vec3): { x: number; y: number; slices: number } | null {
    return PLANES.includes(plane) ? (this.screen?.place(plane, mm) ?? null) : null;
  }

  // The colour that is drawn at a point of a plane, 0 to 255; null where the plane is not shown. Draws first.
  colour(plane: PlaneName, mm: Vec3): [number, number, number] | null {
    return this.screen?.colour(plane, mm) ?? null;
  }

  // Moves the crosshair, LPS mm.
  goTo(mm: Vec3): void {
    this.screen?.goTo(mm);
  }
}

async function stateOf(scene: Scene, signal: AbortSignal): Promise<State> {
  const [first, ...others] = scene.layers;
  if (!first) throw new Error("there is no image in the scene");
  // One overlay that cannot be read must not hide the image, nor be missing without a word.
  const missing = [...scene.left_out];
  const over = others.map((layer) =>
    described<VolumeDescription>(layer, signal).catch((problem: unknown) => {
      missing.push(leftOut(layer, problem));
      return null;
    }),
  );
  const sets = scene.annotations.map((set) => complete(set, signal).catch(() => set));
  const base = new Layer(first, await described<VolumeDescription>(first, signal), null);
  const layers = [base];
  for (const [place, description] of (await Promise.all(over)).entries()) {
    const layer = others[place];
    if (layer && description) layers.push(new Layer(layer, description, base));
  }
  return new State(layers, await Promise.all(sets), missing);
}
