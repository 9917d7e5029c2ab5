// Between millimetres on the slide, pixels of its largest level and places of OpenSeadragon, where the slide is 1 wide.
//
// A millimetre is counted from the centre of the first pixel, as annotations are; OpenSeadragon counts from its corner.

import OpenSeadragon from "openseadragon";
import type { SlideDescription } from "../scene/types";

export class Frame {
  constructor(private readonly image: SlideDescription) {}

  get isMeasured(): boolean {
    return this.image.spacing_source === "stated";
  }

  // mm of one pixel along x.
  get pixelMm(): number {
    return this.image.pixel_mm[0];
  }

  // Width of the slide, mm.
  get widthMm(): number {
    return this.image.size[0] * this.image.pixel_mm[0];
  }

  place(x: number, y: number): OpenSeadragon.Point {
    const [width] = this.image.size;
    const [dx, dy] = this.image.pixel_mm;
    return new OpenSeadragon.Point((x / dx + 0.5) / width, (y / dy + 0.5) / width);
  }

  pixel(place: OpenSeadragon.Point): [number, number] {
    const [width] = this.image.size;
    return [place.x * width, place.y * width];
  }

  mm(place: OpenSeadragon.Point): [number, number] {
    const [x, y] = this.pixel(place);
    return [(x - 0.5) * this.image.pixel_mm[0], (y - 0.5) * this.image.pixel_mm[1]];
  }
}
