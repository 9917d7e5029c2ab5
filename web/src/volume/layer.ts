// One image of the scene: how it is drawn, its voxels, and its textures while there is a graphics card.

import type { Affine } from "../geometry/affine";
import type { Vec3 } from "../geometry/vector";
import type { Look, Painter, PaneArea } from "../gl/painter";
import { TableTexture, coloursOf } from "../gl/table_texture";
import { VolumeTexture } from "../gl/volume_texture";
import type { LabelRow, Paintable } from "../layers/panel";
import { colourOfLabel, nameOfLabel, placeOf } from "../layers/labels";
import type { SceneLayer, VolumeDescription } from "../scene/types";
import type { Voxels } from "../voxels/volume";

// Lower than every number of a texture.
const NOTHING = -3.4e38;

export class Layer implements Paintable {
  shown: boolean;
  opacity: number;
  outlined = false;
  readonly hidden = new Set<number>();
  center: number;
  width: number;
  low: number;
  high: number;
  threshold: number;
  table: string;
  // As if it had the geometry of the image below everything.
  copied = false;
  // Lowest resolution first; the later ones hide the earlier ones as far as they have come.
  voxels: Voxels[] = [];
  private textures: VolumeTexture[] = [];
  private tableTexture: TableTexture | null = null;
  private gl: WebGL2RenderingContext | null = null;

  constructor(
    readonly scene: SceneLayer,
    readonly image: VolumeDescription,
    private readonly base: Layer | null,
  ) {
    this.shown = scene.shown;
    const isHeat = scene.role === "heat";
    const start = isHeat ? image.heat : image.window;
    this.low = start.low;
    this.high = start.high;
    this.center = isHeat ? (start.low + start.high) / 2 : image.window.center;
    this.width = isHeat ? start.high - start.low : image.window.width;
    this.threshold = isHeat ? image.heat.threshold : NOTHING;
    this.opacity = base === null ? 1 : isHeat ? image.heat.opacity : 0.5;
    this.table = isHeat ? image.heat.table : base === null ? "grey" : "hot";
    for (const segment of scene.segments) {
      if (!segment.shown) this.hidden.add(segment.value);
    }
  }

  get isBase(): boolean {
    return this.base === null;
  }

  // The resolution that has come as a whole, if any.
  get best(): Voxels | null {
    return [...this.voxels].reverse().find((voxels) => voxels.isComplete) ?? null;
  }

  setWindow(center: number, width: number): void {
    const wide = Math.max(width, 1e-6 * Math.abs(center), 1e-12);
    this.center = center;
    this.width = wide;
    this.low = center - wide / 2;
    this.high = center + wide / 2;
  }

  get hasRange(): boolean {
    return this.image.texture_channels === 1;
  }

  readonly canOutline = true;

  // Labels that have a name or are there.
  get labelRows(): LabelRow[] {
    const found = this.image.labels ?? [];
    const named = this.scene.segments.map((segment) => segment.value).filter((value) => value !== 0);
    const values = [...new Set([...named, ...found.map((entry) => entry.value)])].sort((a, b) => a - b);
    return values.map((value) => {
      const entry = found.find((entry) => entry.value === value);
      return { value, ml: entry?.ml ?? null, at: entry?.at_mm ?? null, isThere: entry !== undefined };
    });
  }

  nameOf(label: number): string {
    return nameOfLabel(this.scene, label);
  }

  colourOf(label: number): string {
    return colourOfLabel(this.image.label_colours, label);
  }

  // What the finest voxels that have come say of a point.
  valueAt(point: Vec3): number[] | null {
    for (const voxels of [...this.voxels].reverse()) {
      const found = voxels.at(this.matrixOf(voxels), point);
      if (found) return found;
    }
    return null;
  }

  // Voxels of a resolution are on their way; slabs are put with `put`.
  expect(voxels: Voxels, keep: Voxels[]): void {
    this.voxels = [...keep, voxels];
    if (!this.gl) return;
    for (const texture of this.textures.filter((texture) => !keep.includes(texture.voxels))) texture.dispose();
    this.textures = this.textures.filter((texture) => keep.includes(texture.voxels));
    this.textures.push(new VolumeTexture(this.gl, voxels));
  }

  put(voxels: Voxels, first: number, count: number): void {
    this.textures.find((texture) => texture.voxels === voxels)?.put(first, count);
    if (!voxels.isComplete) return;
    // What is hidden as a whole need not be kept.
    for (const texture of this.textures.filter((texture) => texture.voxels !== voxels)) texture.dispose();
    this.textures = this.textures.filter((texture) => texture.voxels === voxels);
    this.voxels = [voxels];
  }

  // A new graphics card, or none.
  attach(gl: WebGL2RenderingContext | null): void {
    this.gl = gl;
    this.textures = gl ? this.voxels.map((voxels) => new VolumeTexture(gl, voxels)) : [];
    this.tableTexture = gl ? new TableTexture(gl) : null;
    this.showColours();
  }

  // To be called when the table or what is hidden has changed.
  showColours(): void {
    if (this.scene.role === "labels") {
      const hidden = new Set([...this.hidden].map(placeOf));
      const seen = (place: number) => place !== 0 && !hidden.has(place);
      this.tableTexture?.put(coloursOf(this.image.label_colours), seen);
    } else {
      this.tableTexture?.put(coloursOf(this.image.tables[this.table] ?? this.image.tables["grey"] ?? ""));
    }
  }

  draw(painter: Painter, area: PaneArea, smoothed: boolean, pixelRatio: number): void {
    if (!this.shown || !this.tableTexture) return;
    const look: Look = {
      drawing: this.image.texture_channels > 1 ? "colour" : this.scene.role,
      opacity: this.opacity,
      low: this.low,
      high: this.high,
      threshold: this.threshold,
      smoothed,
      outline: this.outlined ? 1.25 * pixelRatio : 0,
      body: 0,
    };
    for (const texture of this.textures) {
      // A see-through layer must not be drawn twice.
      const isHidden = this.opacity < 1 && texture !== this.textures.at(0) && !texture.voxels.isComplete;
      if (!isHidden) painter.draw(area, texture, this.matrixOf(texture.voxels), this.tableTexture, look);
    }
  }

  private matrixOf(voxels: Voxels): Affine {
    const place = this.image.levels.indexOf(voxels.level);
    return (this.copied ? this.base?.image.levels[place]?.matrix : undefined) ?? voxels.level.matrix;
  }
}
