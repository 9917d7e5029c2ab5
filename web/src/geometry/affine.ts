// Maps between indices and LPS mm: three rows of four numbers, the last column is where the origin goes.

import type { Vec3 } from "./vector";

export type Affine = readonly number[];

function at(affine: Affine, row: number, column: number): number {
  return affine[row * 4 + column] ?? 0;
}

// The map with these columns.
export function ofColumns(x: Vec3, y: Vec3, z: Vec3, origin: Vec3): Affine {
  return [0, 1, 2].flatMap((row) => [x, y, z, origin].map((column) => column[row] ?? 0));
}

export function column(affine: Affine, number: number): Vec3 {
  return [at(affine, 0, number), at(affine, 1, number), at(affine, 2, number)];
}

export function apply(affine: Affine, point: Vec3): Vec3 {
  const row = (row: number) =>
    at(affine, row, 0) * point[0] +
    at(affine, row, 1) * point[1] +
    at(affine, row, 2) * point[2] +
    at(affine, row, 3);
  return [row(0), row(1), row(2)];
}

// Of a direction: the origin does not matter.
export function turn(affine: Affine, vector: Vec3): Vec3 {
  const row = (row: number) =>
    at(affine, row, 0) * vector[0] + at(affine, row, 1) * vector[1] + at(affine, row, 2) * vector[2];
  return [row(0), row(1), row(2)];
}

// The server refuses singular matrices, so there always is one.
export function inverse(affine: Affine): Affine {
  const [a, b, c] = [at(affine, 0, 0), at(affine, 0, 1), at(affine, 0, 2)];
  const [d, e, f] = [at(affine, 1, 0), at(affine, 1, 1), at(affine, 1, 2)];
  const [g, h, i] = [at(affine, 2, 0), at(affine, 2, 1), at(affine, 2, 2)];
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const x: Vec3 = [(e * i - f * h) / determinant, (f * g - d * i) / determinant, (d * h - e * g) / determinant];
  const y: Vec3 = [(c * h - b * i) / determinant, (a * i - c * g) / determinant, (b * g - a * h) / determinant];
  const z: Vec3 = [(b * f - c * e) / determinant, (c * d - a * f) / determinant, (a * e - b * d) / determinant];
  const linear = ofColumns(x, y, z, [0, 0, 0]);
  const origin = turn(linear, column(affine, 3));
  return ofColumns(x, y, z, [-origin[0], -origin[1], -origin[2]]);
}
