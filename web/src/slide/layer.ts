// One image of the scene over a slide, and how its tiles are drawn.

import type { LabelRow, Paintable } from "../layers/panel";
import { colourOfLabel, nameOfLabel } from "../layers/labels";
import type { Heat, SceneLayer, SlideDescription } from "../scene/types";

export class SlideLayer implements Paintable {
  shown: boolean;
  opacity: number;
  outlined = false;
  readonly canOutline = false;
  readonly hidden = new Set<number>();
  low: number;
  high: number;
  threshold: number;
  table: string;
  // As if it covered what the image below everything covers.
  copied = false;
  // Redraws the tiles.
  onColours: () => void = () => undefined;
  private drawnAs = "";

  constructor(
    readonly scene: SceneLayer,
    readonly image: SlideDescription,
    readonly isBase: boolean,
  ) {
    this.shown = scene.shown;
    const heat: Heat = image.heat ?? { table: "viridis", low: 0, high: 1, threshold: 0.1, opacity: 0.6 };
    this.low = heat.low;
    this.high = heat.high;
    this.threshold = heat.threshold;
    this.table = heat.table;
    this.opacity = isBase ? 1 : scene.role === "heat" ? heat.opacity : 0.5;
    for (const segment of scene.segments) {
      if (!segment.shown) this.hidden.add(segment.value);
    }
    this.drawnAs = this.query;
  }

  // Grey values of a slide have the window that the server finds.
  get hasRange(): boolean {
    return this.scene.role === "heat";
  }

  get labelRows(): LabelRow[] {
    const named = this.scene.segments.map((segment) => segment.value);
    const found = this.image.segments ?? [];
    const values = [...new Set([...named, ...found])].filter((value) => value !== 0).sort((a, b) => a - b);
    return values.map((value) => ({ value, ml: null, at: null, isThere: found.includes(value) }));
  }

  // The part of an address of a tile that says how it is drawn.
  get query(): string {
    switch (this.scene.role) {
      case "image":
        return "";
      case "labels":
        return `&role=labels&hidden=${[...this.hidden].sort((a, b) => a - b).join(",")}`;
      case "heat":
        return `&role=heat&table=${this.table}&low=${this.low}&high=${this.high}&threshold=${this.threshold}`;
    }
  }

  setWindow(center: number, width: number): void {
    this.low = center - width / 2;
    this.high = center + width / 2;
  }

  nameOf(label: number): string {
    return nameOfLabel(this.scene, label);
  }

  colourOf(label: number): string {
    return colourOfLabel(this.image.label_colours, label);
  }

  showColours(): void {
    if (this.query === this.drawnAs) return;
    this.drawnAs = this.query;
    this.onColours();
  }
}
