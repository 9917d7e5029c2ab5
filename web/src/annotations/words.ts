// Annotations in words.

import type { Vec3 } from "../geometry/vector";
import type { AnnotationItem, AnnotationSet } from "../scene/types";

export function nameOf(item: AnnotationItem, number: number): string {
  return item.name ?? `${item.kind} ${number + 1}`;
}

export function titleOf(set: AnnotationSet, item: AnnotationItem, number: number): string {
  const parts = [`${set.title}: ${nameOf(item, number)}`];
  if (item.measure) parts.push(item.measure);
  if (item.probability !== undefined) parts.push(`probability ${item.probability.toFixed(2)}`);
  return parts.join(", ");
}

export function millimetres(point: Vec3, decimals = 1): string {
  return point.map((value) => rounded(value, decimals)).join(", ");
}

// What rounds to nothing has no sign.
function rounded(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? (0).toFixed(decimals) : text;
}
