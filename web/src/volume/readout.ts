// What lies at a point, in words.

import { millimetres } from "../annotations/words";
import { apply, inverse } from "../geometry/affine";
import type { Vec3 } from "../geometry/vector";
import { numberText } from "../layers/numbers";
import type { Layer } from "./layer";
import type { State } from "./state";

// Position, voxel, and the value of every layer that is shown.
export function wordsAt(state: State, point: Vec3): string {
  const { matrix } = state.base.image;
  const index = apply(inverse(matrix), point).map((value) => Math.round(value));
  const parts = [`${millimetres(point)} mm`, `voxel ${index.join(", ")}`];
  for (const layer of state.layers) {
    const value = layer.shown ? valueWords(layer, point) : null;
    if (value) parts.push(state.layers.length > 1 ? `${layer.scene.title}: ${value}` : value);
  }
  return parts.join(" · ");
}

// The value of a layer at a point; null outside.
export function valueWords(layer: Layer, point: Vec3): string | null {
  const found = layer.valueAt(point);
  if (!found) return null;
  const [value] = found;
  if (value === undefined) return null;
  if (layer.scene.role === "labels") return value === 0 ? null : `${layer.nameOf(value)} (${value})`;
  const text = found.map(numberText).join(", ");
  return layer.image.modality === "CT" && layer.scene.role === "image" ? `${text} HU` : text;
}
