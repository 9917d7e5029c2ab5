// What of an annotation is seen in a slice.

import { apply } from "../geometry/affine";
import type { Plane } from "../geometry/plane";
import type { AnnotationItem } from "../scene/types";

// Points of other slices are seen faintly up to this many slices away.
const NEAR = 3;

// A part of an annotation, in mm of the plane.
export interface Piece {
  path: [number, number][];
  closed: boolean;
  // A single point: drawn as a dot.
  isPoint: boolean;
  // It does not lie in this slice: the way through it, or near it.
  isHollow: boolean;
  // 1 in the slice, less further away.
  strength: number;
}

type Placed = readonly [number, number, number];

export function project(item: AnnotationItem, plane: Plane, slice: number): Piece[] {
  return item.paths.flatMap((path) => {
    const placed = path.map((point): Placed => {
      const [u, v, w] = apply(plane.fromMm, point);
      return [u, v, w - slice];
    });
    return placed.length === 1 ? dot(placed) : pathPieces(placed, item.closed);
  });
}

function dot(placed: Placed[]): Piece[] {
  const [[u, v, off]] = placed as [Placed];
  const away = Math.abs(off);
  if (away > NEAR) return [];
  const isHollow = away > 0.5;
  return [{ path: [[u, v]], closed: false, isPoint: true, isHollow, strength: strengthOf(away) }];
}

function strengthOf(away: number): number {
  return away <= 0.5 ? 1 : Math.max(0.2, 1 - away / (NEAR + 1));
}

function pathPieces(placed: Placed[], closed: boolean): Piece[] {
  const offs = placed.map(([, , off]) => off);
  const [low, high] = [Math.min(...offs), Math.max(...offs)];
  const flat = placed.map(([u, v]): [number, number] => [u, v]);
  if (low >= -0.5 && high <= 0.5) {
    return [{ path: flat, closed, isPoint: false, isHollow: false, strength: 1 }];
  }
  const through = crossings(placed, closed);
  if (through.length > 0) return closed ? segments(through) : through.map(mark);
  // It lies along the slices, only not in this one.
  const away = Math.min(Math.abs(low), Math.abs(high));
  if (high - low <= 1 && away <= NEAR) {
    return [{ path: flat, closed, isPoint: false, isHollow: true, strength: strengthOf(away) }];
  }
  return [];
}

function mark(point: [number, number]): Piece {
  return { path: [point], closed: false, isPoint: true, isHollow: true, strength: 1 };
}

// Where a path goes through the slice.
function crossings(placed: Placed[], closed: boolean): [number, number][] {
  const found: [number, number][] = [];
  const count = closed ? placed.length : placed.length - 1;
  for (let place = 0; place < count; place++) {
    const from = placed[place] as Placed;
    const to = placed[(place + 1) % placed.length] as Placed;
    if (from[2] < 0 !== to[2] < 0) {
      const share = from[2] / (from[2] - to[2]);
      found.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]);
    }
  }
  return found;
}

// A flat closed path meets a slice in pairs of points on one line: between them lies what it holds.
function segments(points: [number, number][]): Piece[] {
  const first = points[0] as [number, number];
  const away = (point: [number, number]) => Math.hypot(point[0] - first[0], point[1] - first[1]);
  const far = points.reduce((best, point) => (away(point) > away(best) ? point : best), first);
  const along = (point: [number, number]) => point[0] * (far[0] - first[0]) + point[1] * (far[1] - first[1]);
  const sorted = [...points].sort((a, b) => along(a) - along(b));
  const pieces: Piece[] = [];
  for (let place = 0; place + 1 < sorted.length; place += 2) {
    const pair = sorted.slice(place, place + 2);
    pieces.push({ path: pair, closed: false, isPoint: false, isHollow: false, strength: 1 });
  }
  return pieces;
}
