// The canvas below all panes and what is drawn into it, also after the graphics card was lost.

import { element } from "../dom/element";
import { Painter } from "../gl/painter";
import type { Layer } from "./layer";
import type { Pane } from "./pane";

export class Stage {
  readonly canvas = element("canvas", { role: "img" });
  private gl: WebGL2RenderingContext | null = null;
  private painter: Painter | null = null;

  constructor(
    private readonly layers: readonly Layer[],
    private readonly redraw: () => void,
  ) {
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.painter = null;
      for (const layer of this.layers) layer.attach(null);
    });
    this.canvas.addEventListener("webglcontextrestored", () => this.start());
  }

  // Starts the graphics card; false when there is none.
  start(): boolean {
    this.gl ??= this.canvas.getContext("webgl2", { antialias: false, alpha: true, preserveDrawingBuffer: true });
    if (!this.gl) return false;
    this.painter = new Painter(this.gl);
    for (const layer of this.layers) layer.attach(this.gl);
    this.redraw();
    return true;
  }

  // The longest side of a volume that the card takes.
  get largestSide(): number {
    return this.gl ? Number(this.gl.getParameter(this.gl.MAX_3D_TEXTURE_SIZE)) : 256;
  }

  draw(panes: readonly Pane[], smoothed: boolean): void {
    const { painter, canvas } = this;
    if (!painter) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const box = canvas.getBoundingClientRect();
    const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    painter.clear();
    for (const pane of panes) {
      const area = pane.area([box.left, box.top], ratio);
      if (area.width < 1 || area.height < 1) continue;
      painter.blacken(area);
      for (const layer of this.layers) layer.draw(painter, area, smoothed, ratio);
    }
  }

  // Waits until everything is drawn; the colour of a device pixel of the canvas.
  colourAt(x: number, y: number): [number, number, number] {
    const pixel = new Uint8Array(4);
    const { gl } = this;
    gl?.readPixels(x, this.canvas.height - 1 - y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    return [pixel[0] ?? 0, pixel[1] ?? 0, pixel[2] ?? 0];
  }

  dispose(): void {
    this.gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
