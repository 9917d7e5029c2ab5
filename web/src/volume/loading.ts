// Brings the voxels of all layers for a time point: small first, then all of them.

import { apply, inverse } from "../geometry/affine";
import { levelsToLoad, loadVoxels } from "../voxels/fetch";
import type { Voxels } from "../voxels/volume";
import type { Layer } from "./layer";
import type { State } from "./state";

// How far it is, for people and for tests.
export type Progress = "first" | "preview" | "full";

export interface LoadingListener {
  came(): void;
  reached(progress: Progress): void;
  failed(problem: unknown): void;
  missing(layer: Layer, problem: unknown): void;
}

export class Loading {
  private stop = new AbortController();

  constructor(
    private readonly state: State,
    private readonly largestSide: () => number,
    private readonly listener: LoadingListener,
  ) {}

  // Starts anew for the time point of the state.
  start(): void {
    this.stop.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.run(signal).catch((problem: unknown) => {
      if (!signal.aborted) this.listener.failed(problem);
    });
  }

  end(): void {
    this.stop.abort();
  }

  private async run(signal: AbortSignal): Promise<void> {
    const [base, ...over] = this.state.layers;
    if (!base) return;
    const others = () => over.filter((layer) => layer.shown);
    const plan = levelsToLoad(base.image, this.largestSide());
    const [first, best] = [plan[0] ?? 0, plan.at(-1) ?? 0];
    await this.load(base, first, signal);
    if (first !== best) this.listener.reached("preview");
    const wanted = others();
    await Promise.all([
      first === best ? null : this.load(base, best, signal),
      ...wanted.map((layer) => this.over(layer, signal)),
    ]);
    this.listener.reached("full");
  }

  // What lies over the image, also what is shown later than the others. When it does not come, the listener is told.
  async over(layer: Layer, signal: AbortSignal = this.stop.signal): Promise<void> {
    try {
      for (const level of levelsToLoad(layer.image, this.largestSide())) await this.load(layer, level, signal);
    } catch (problem) {
      if (!signal.aborted) this.listener.missing(layer, problem);
    }
  }

  private async load(layer: Layer, level: number, signal: AbortSignal): Promise<void> {
    const time = this.state.time < layer.image.times ? this.state.time : 0;
    // The picture of the last time point stays until there is a new one.
    const kept = layer.best;
    let expected: Voxels | null = null;
    const came = (voxels: Voxels, from: number, count: number) => {
      if (signal.aborted) return;
      if (expected !== voxels) {
        expected = voxels;
        layer.expect(voxels, kept ? [kept] : []);
        // The constructor has sent what had come.
        if (voxels.isComplete) layer.put(voxels, from, count);
      } else {
        layer.put(voxels, from, count);
      }
      this.listener.came();
    };
    await loadVoxels(layer.image, { level, time }, () => this.nearest(layer), came, signal);
  }

  // Where along z the crosshair lies in a layer, 0 to 1.
  private nearest(layer: Layer): number {
    const { matrix, size } = layer.image;
    return apply(inverse(matrix), this.state.cross)[2] / size[2];
  }
}
