// The tiles of a slide for OpenSeadragon, with its levels as they are in the file: any ratio from one to the next.

import OpenSeadragon from "openseadragon";
import type { SlideDescription, SlideLevel } from "../scene/types";

export class SlideSource extends OpenSeadragon.TileSource {
  // `query` is asked for each tile: how it is drawn may change.
  constructor(
    private readonly image: SlideDescription,
    private readonly query: () => string,
  ) {
    super({
      width: image.size[0],
      height: image.size[1],
      minLevel: 0,
      maxLevel: image.levels.length - 1,
      tileOverlap: 0,
    });
  }

  // OpenSeadragon counts from the smallest level, the file from the largest.
  private place(level: number): number {
    return this.image.levels.length - 1 - level;
  }

  private levelAt(level: number): SlideLevel | undefined {
    return this.image.levels[this.place(level)];
  }

  override getLevelScale(level: number): number {
    return (this.levelAt(level)?.size[0] ?? 0) / this.image.size[0];
  }

  override getNumTiles(level: number): OpenSeadragon.Point {
    const [columns, rows] = this.levelAt(level)?.grid ?? [0, 0];
    return new OpenSeadragon.Point(columns, rows);
  }

  override getTileWidth(level: number): number {
    return this.levelAt(level)?.tile[0] ?? 0;
  }

  override getTileHeight(level: number): number {
    return this.levelAt(level)?.tile[1] ?? 0;
  }

  override getTileUrl(level: number, column: number, row: number): string {
    return `${this.image.tiles}&level=${this.place(level)}&column=${column}&row=${row}${this.query()}`;
  }
}
