// Numbers of voxels as they come from the server: byte n of all numbers before byte n + 1 of any.

import type { NumberType } from "../scene/types";

export type Numbers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array;

const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
} as const;

export function emptyNumbers(type: NumberType, count: number): Numbers {
  return new ARRAYS[type](count);
}

// Puts the bytes of a slab where they belong: into `target` from number `start` on.
export function joinPlanes(planes: Uint8Array, target: Numbers, start: number): void {
  const width = target.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(target.buffer, target.byteOffset + start * width, planes.length);
  if (width === 1) {
    bytes.set(planes);
    return;
  }
  const count = planes.length / width;
  if (width === 2) {
    // The usual case, with one write for each number.
    const words = new Uint16Array(target.buffer, target.byteOffset + start * 2, count);
    for (let place = 0; place < count; place++) {
      words[place] = (planes[place] as number) | ((planes[count + place] as number) << 8);
    }
    return;
  }
  for (let plane = 0; plane < width; plane++) {
    for (let place = 0, at = plane, from = plane * count; place < count; place++, at += width) {
      bytes[at] = planes[from + place] as number;
    }
  }
}
