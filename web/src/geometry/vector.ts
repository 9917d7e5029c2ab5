// Vectors of three numbers: LPS mm, or indices along x, y, z.

export type Vec3 = readonly [number, number, number];

export function plus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function minus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function times(a: Vec3, factor: number): Vec3 {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function norm(a: Vec3): number {
  return Math.hypot(a[0], a[1], a[2]);
}

export function unit(a: Vec3): Vec3 {
  return times(a, 1 / (norm(a) || 1));
}

export function distance(a: Vec3, b: Vec3): number {
  return norm(minus(a, b));
}
