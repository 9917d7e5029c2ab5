// The voxels of one resolution and one time point in memory, as far as they have come.

import { type Affine, apply, inverse } from "../geometry/affine";
import type { Vec3 } from "../geometry/vector";
import type { Level, NumberType } from "../scene/types";
import { type Numbers, emptyNumbers, joinPlanes } from "./numbers";

export class Voxels {
  readonly numbers: Numbers;
  readonly loaded: Uint8Array;
  private missing: number;

  constructor(
    readonly level: Level,
    readonly type: NumberType,
    readonly channels: number,
  ) {
    const [x, y, z] = level.size;
    this.numbers = emptyNumbers(type, x * y * z * channels);
    this.loaded = new Uint8Array(z);
    this.missing = z;
  }

  get isComplete(): boolean {
    return this.missing === 0;
  }

  // Takes the bytes of a slab; returns its first slice and how many there are.
  take(slab: number, planes: Uint8Array): [number, number] {
    const [x, y, z] = this.level.size;
    const first = slab * this.level.slab;
    const count = Math.min(this.level.slab, z - first);
    const slice = x * y * this.channels;
    if (planes.length !== count * slice * this.numbers.BYTES_PER_ELEMENT) {
      throw new Error(`${planes.length} bytes came for ${count} slices`);
    }
    joinPlanes(planes, this.numbers, first * slice);
    this.missing -= count;
    this.loaded.fill(255, first, first + count);
    return [first, count];
  }

  // The numbers of some slices.
  slices(first: number, count: number): Numbers {
    const [x, y] = this.level.size;
    const slice = x * y * this.channels;
    return this.numbers.subarray(first * slice, (first + count) * slice);
  }

  // The numbers of the voxel nearest to a point; null outside and for what has not come yet.
  at(matrix: Affine, point: Vec3): number[] | null {
    const index = apply(inverse(matrix), point);
    const [x, y, z] = this.level.size;
    const size = [x, y, z];
    const voxel = index.map((value) => Math.floor(value + 0.5 + 1e-7));
    if (voxel.some((value, axis) => value < 0 || value >= (size[axis] ?? 1))) return null;
    const [i, j, k] = voxel as [number, number, number];
    if (!this.loaded[k]) return null;
    const place = ((k * y + j) * x + i) * this.channels;
    return Array.from(this.numbers.subarray(place, place + this.channels));
  }
}
