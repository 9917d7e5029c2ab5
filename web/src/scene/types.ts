// What the server says, in its words (crates/server/src/view).

import type { Affine } from "../geometry/affine";
import type { Vec3 } from "../geometry/vector";

export type Role = "image" | "labels" | "heat";

export interface Segment {
  value: number;
  name: string;
  shown: boolean;
}

export interface Verdict {
  aligned: boolean;
  wrong: boolean;
  sentence: string;
  details: string;
  mm: number | null;
  fix: string | null;
  can_copy: boolean;
}

export interface SceneLayer {
  title: string;
  socket: string | null;
  kind: string | null;
  role: Role;
  image: string;
  describe: string;
  download: string;
  shown: boolean;
  segments: Segment[];
  verdict: Verdict | null;
}

export interface AnnotationItem {
  kind: string;
  name?: string;
  probability?: number;
  closed: boolean;
  paths: Vec3[][];
  at: Vec3;
  measure?: string;
}

export interface AnnotationSet {
  title: string;
  socket: string;
  kind: string;
  count: number;
  items: AnnotationItem[];
  url: string | null;
  warnings: string[];
}

// An image that should be there and cannot be shown.
export interface LeftOut {
  title: string;
  reason: string;
}

export interface Scene {
  kind: "volume" | "slide";
  title: string;
  layers: SceneLayer[];
  left_out: LeftOut[];
  annotations: AnnotationSet[];
}

export interface Window {
  center: number;
  width: number;
  low: number;
  high: number;
}

export interface Heat {
  table: string;
  low: number;
  high: number;
  threshold: number;
  opacity: number;
}

export interface LabelEntry {
  value: number;
  voxels: number;
  ml: number;
  at_mm: Vec3;
}

export type NumberType = "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32" | "float32";

export interface Level {
  size: Vec3;
  matrix: Affine;
  bytes: number;
  slab: number;
  slabs: number;
}

interface Common {
  id: string;
  name: string;
  modality: string;
  format: string;
  component: string | null;
  channels: number;
  spacing_source: "stated" | "printing_default" | "missing";
  segments: number[] | null;
  warnings: string[];
  tables: Record<string, string>;
  label_colours: string;
}

export interface Numbers {
  minimum: number | null;
  maximum: number | null;
  mean: number | null;
  low: number | null;
  high: number | null;
  histogram: number[];
  not_finite: number;
}

export interface VolumeDescription extends Common {
  kind: "volume";
  size: Vec3;
  times: number;
  spacing: Vec3;
  matrix: Affine;
  numbers: Numbers;
  window: Window;
  presets: (Window & { name: string })[];
  heat: Heat;
  labels: LabelEntry[] | null;
  texture: NumberType;
  texture_channels: number;
  levels: Level[];
  voxels: string;
}

export interface SlideLevel {
  size: [number, number];
  tile: [number, number];
  grid: [number, number];
}

export interface SlideDescription extends Common {
  kind: "slide";
  size: [number, number];
  pixel_mm: [number, number];
  levels: SlideLevel[];
  is_labels: boolean;
  numbers: Numbers | null;
  heat: Heat | null;
  tiles: string;
}
