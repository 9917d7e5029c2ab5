// The three planes of a volume, upright: in radiological convention the patient's right is on the viewer's left.
//
// The same rules as the server's (crates/imaging/src/render/orientation.rs), so that its first slice and ours agree.

import { type Affine, apply, column, inverse, ofColumns } from "./affine";
import { letters } from "./letters";
import { type Vec3, minus, norm, plus, times, unit } from "./vector";

export type PlaneName = "axial" | "coronal" | "sagittal";

export const PLANES: readonly PlaneName[] = ["axial", "coronal", "sagittal"];

// A plane with all its slices. Coordinates in it are u (mm to the right), v (mm down), w (slices from the first one).
export interface Plane {
  readonly name: PlaneName;
  readonly toMm: Affine;
  readonly fromMm: Affine;
  readonly slices: number;
  // mm between two slices.
  readonly step: number;
  // What there is to see, in u and v.
  readonly width: number;
  readonly height: number;
  // One voxel, in u and v.
  readonly pixel: readonly [number, number];
  readonly letters: { left: string; right: string; top: string; bottom: string };
}

interface Toward {
  axis: number;
  reversed: boolean;
}

// Where the right side of the picture, its bottom and the next slice lie: patient axis 0 is left, 1 posterior, 2 superior.
const TOWARD: Record<PlaneName, readonly [Toward, Toward, Toward]> = {
  axial: [toward(0), toward(1), toward(2)],
  coronal: [toward(0), toward(2, true), toward(1)],
  sagittal: [toward(1), toward(2, true), toward(0)],
};

function toward(axis: number, reversed = false): Toward {
  return { axis, reversed };
}

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

// For each patient axis the axis of the volume that is nearest to it; each is used once.
function nearestAxes(matrix: Affine): Toward[] {
  const cosine = (patient: number, axis: number) => unit(column(matrix, axis))[patient] ?? 0;
  const fit = (order: readonly number[]) =>
    order.reduce((sum, axis, patient) => sum + Math.abs(cosine(patient, axis)), 0);
  let best: readonly number[] = ORDERS[0];
  for (const order of ORDERS) {
    if (fit(order) > fit(best) + 1e-9) best = order;
  }
  return best.map((axis, patient) => ({ axis, reversed: cosine(patient, axis) < 0 }));
}

// A plane along the axes of the volume itself: what an oblique scan is read in.
export function alongVolume(name: PlaneName, matrix: Affine, size: Vec3): Plane {
  const nearest = nearestAxes(matrix);
  const [right, down, across] = TOWARD[name].map((wanted) => {
    const found = nearest[wanted.axis] ?? toward(0);
    return { axis: found.axis, reversed: found.reversed !== wanted.reversed };
  }) as [Toward, Toward, Toward];
  const step = (to: Toward) => times(column(matrix, to.axis), to.reversed ? -1 : 1);
  const start: [number, number, number] = [0, 0, 0];
  for (const side of [right, down]) start[side.axis] = ((size[side.axis] ?? 1) - 1) / 2;
  start[across.axis] = across.reversed ? (size[across.axis] ?? 1) - 1 : 0;
  const spacing = (to: Toward) => norm(column(matrix, to.axis));
  return plane(name, [unit(step(right)), unit(step(down)), step(across)], apply(matrix, start), {
    slices: size[across.axis] ?? 1,
    width: (size[right.axis] ?? 1) * spacing(right),
    height: (size[down.axis] ?? 1) * spacing(down),
    pixel: [spacing(right), spacing(down)],
  });
}

// A plane along the axes of the patient, through a volume that may lie askew.
export function alongPatient(name: PlaneName, matrix: Affine, size: Vec3): Plane {
  const axes = TOWARD[name].map(({ axis, reversed }): Vec3 => {
    const sign = reversed ? -1 : 1;
    return [axis === 0 ? sign : 0, axis === 1 ? sign : 0, axis === 2 ? sign : 0];
  }) as [Vec3, Vec3, Vec3];
  const step = Math.min(...[0, 1, 2].map((axis) => norm(column(matrix, axis))));
  const frame = inverse(ofColumns(axes[0], axes[1], axes[2], [0, 0, 0]));
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((corner) =>
    apply(frame, apply(matrix, cornerOf(size, corner))),
  );
  const low = (axis: number) => Math.min(...corners.map((corner) => corner[axis] ?? 0));
  const high = (axis: number) => Math.max(...corners.map((corner) => corner[axis] ?? 0));
  const middle = apply(matrix, [(size[0] - 1) / 2, (size[1] - 1) / 2, (size[2] - 1) / 2]);
  const slices = Math.max(1, Math.floor((high(2) - low(2)) / step));
  // One slice goes through the middle of the volume.
  const before = Math.floor((slices - 1) / 2);
  const origin = minus(middle, times(axes[2], before * step));
  return plane(name, [axes[0], axes[1], times(axes[2], step)], origin, {
    slices,
    width: high(0) - low(0),
    height: high(1) - low(1),
    pixel: [step, step],
  });
}

function cornerOf(size: Vec3, corner: number): Vec3 {
  const side = (axis: 0 | 1 | 2) => ((corner >> axis) & 1 ? size[axis] - 0.5 : -0.5);
  return [side(0), side(1), side(2)];
}

function plane(
  name: PlaneName,
  [right, down, across]: [Vec3, Vec3, Vec3],
  origin: Vec3,
  extent: Pick<Plane, "slices" | "width" | "height" | "pixel">,
): Plane {
  const toMm = ofColumns(right, down, across, origin);
  const edges = {
    left: letters(times(right, -1)),
    right: letters(right),
    top: letters(times(down, -1)),
    bottom: letters(down),
  };
  return { name, toMm, fromMm: inverse(toMm), step: norm(across), letters: edges, ...extent };
}

// The slice that a point lies in, clamped to those that there are.
export function sliceOf(plane: Plane, point: Vec3): number {
  const slice = Math.round(apply(plane.fromMm, point)[2]);
  return Math.min(Math.max(slice, 0), plane.slices - 1);
}

// The point moved along the normal into a slice.
export function movedTo(plane: Plane, point: Vec3, slice: number): Vec3 {
  const off = slice - apply(plane.fromMm, point)[2];
  return plus(point, times(column(plane.toMm, 2), off));
}
