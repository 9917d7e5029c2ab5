// What a viewer shows just now.

import { apply } from "../geometry/affine";
import { PLANES, type Plane, type PlaneName, alongPatient, alongVolume, movedTo, sliceOf } from "../geometry/plane";
import type { Vec3 } from "../geometry/vector";
import type { AnnotationSet, LeftOut } from "../scene/types";
import type { Layer } from "./layer";

export type Tool = "look" | "window" | "pan" | "measure";

// Where a pane looks: what is in its middle, mm, and how large.
export interface Sight {
  u: number;
  v: number;
  // Relative to the size at which everything fits.
  zoom: number;
}

export interface Measure {
  plane: PlaneName;
  from: Vec3;
  to: Vec3;
}

export class State {
  cross: Vec3;
  time = 0;
  planes: Record<PlaneName, Plane>;
  readonly sights: Record<PlaneName, Sight>;
  active: PlaneName;
  maximised: PlaneName | null = null;
  alongPatient = false;
  smoothed = true;
  hasCrosshair = true;
  hasAnnotations = true;
  tool: Tool = "look";
  measures: Measure[] = [];

  constructor(
    readonly layers: readonly Layer[],
    readonly annotations: readonly AnnotationSet[],
    readonly leftOut: readonly LeftOut[] = [],
  ) {
    this.planes = this.planesNow();
    this.sights = { axial: whole(), coronal: whole(), sagittal: whole() };
    const { matrix, size } = this.base.image;
    this.cross = apply(matrix, [middle(size[0]), middle(size[1]), middle(size[2])]);
    for (const name of PLANES) {
      // As the server chooses its first slices.
      const plane = this.planes[name];
      const slice = Math.floor(plane.slices / 2);
      this.cross = movedTo(plane, this.cross, slice);
    }
    this.active = this.visible[0] ?? "axial";
  }

  get base(): Layer {
    const [base] = this.layers;
    if (!base) throw new Error("a scene has at least one image");
    return base;
  }

  // Planes that have more than a line to show: a flat image has one.
  get usable(): PlaneName[] {
    const flat = PLANES.filter((name) => this.planes[name].slices === 1);
    return flat.length === 1 && !this.alongPatient ? flat : [...PLANES];
  }

  get visible(): PlaneName[] {
    return this.maximised ? [this.maximised] : this.usable;
  }

  slice(name: PlaneName): number {
    return sliceOf(this.planes[name], this.cross);
  }

  scroll(name: PlaneName, slices: number): void {
    this.toSlice(name, this.slice(name) + slices);
  }

  toSlice(name: PlaneName, slice: number): void {
    const plane = this.planes[name];
    this.cross = movedTo(plane, this.cross, Math.min(Math.max(slice, 0), plane.slices - 1));
  }

  setAlongPatient(along: boolean): void {
    this.alongPatient = along;
    this.planes = this.planesNow();
    this.reset();
  }

  reset(): void {
    for (const name of PLANES) this.sights[name] = whole();
  }

  private planesNow(): Record<PlaneName, Plane> {
    const { matrix, size } = this.base.image;
    const make = this.alongPatient ? alongPatient : alongVolume;
    return {
      axial: make("axial", matrix, size),
      coronal: make("coronal", matrix, size),
      sagittal: make("sagittal", matrix, size),
    };
  }
}

function whole(): Sight {
  return { u: 0, v: 0, zoom: 1 };
}

function middle(side: number): number {
  return (side - 1) / 2;
}
