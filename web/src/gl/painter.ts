// Draws layers into panes of one canvas.

import { type Affine, apply, inverse, turn } from "../geometry/affine";
import type { Vec3 } from "../geometry/vector";
import { times } from "../geometry/vector";
import { type Program, Programs } from "./program";
import type { Drawing } from "./shaders";
import type { TableTexture } from "./table_texture";
import type { VolumeTexture } from "./volume_texture";

// Part of the canvas, device pixels from its upper left corner, and where it lies, LPS mm.
export interface PaneArea {
  left: number;
  top: number;
  width: number;
  height: number;
  // Of the upper left corner.
  corner: Vec3;
  // From one pixel to the next.
  right: Vec3;
  down: Vec3;
}

// How a layer is drawn.
export interface Look {
  drawing: Drawing;
  opacity: number;
  low: number;
  high: number;
  threshold: number;
  smoothed: boolean;
  // Width of borders of labels, device pixels; 0: filled.
  outline: number;
  // What is left of the opacity inside of borders.
  body: number;
}

export class Painter {
  private readonly programs: Programs;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.programs = new Programs(gl);
    gl.disable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.enable(gl.SCISSOR_TEST);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  // Makes everything clear.
  clear(): void {
    const { gl } = this;
    gl.scissor(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  // Makes a pane black.
  blacken(area: PaneArea): void {
    const { gl } = this;
    this.aim(area);
    gl.clearColor(0, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  draw(area: PaneArea, layer: VolumeTexture, matrix: Affine, table: TableTexture, look: Look): void {
    const { gl } = this;
    const program = this.programs.for(layer.sampler, look.drawing);
    gl.useProgram(program.program);
    this.aim(area);
    bind(gl, 0, gl.TEXTURE_3D, layer.texture, program.uniform("voxels"));
    bind(gl, 1, gl.TEXTURE_2D, table.texture, program.uniform("table"));
    bind(gl, 2, gl.TEXTURE_2D, layer.loaded, program.uniform("loaded"));
    const toIndex = inverse(matrix);
    const vector = (name: string, value: Vec3) => gl.uniform3f(program.uniform(name), value[0], value[1], value[2]);
    const stepX = turn(toIndex, area.right);
    const stepY = turn(toIndex, area.down);
    vector("origin", apply(toIndex, area.corner));
    vector("alongX", times(stepX, area.width));
    vector("alongY", times(stepY, area.height));
    vector("stepX", stepX);
    vector("stepY", stepY);
    vector("size", layer.voxels.level.size);
    gl.uniform1i(program.uniform("partial"), layer.voxels.isComplete ? 0 : 1);
    gl.uniform1i(program.uniform("smoothed"), look.smoothed ? 1 : 0);
    gl.uniform1i(program.uniform("channels"), layer.voxels.channels);
    this.numbers(program, look);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  private numbers(program: Program, look: Look): void {
    const number = (name: string, value: number) => this.gl.uniform1f(program.uniform(name), value);
    number("opacity", look.opacity);
    number("low", look.low);
    number("span", look.high - look.low);
    number("threshold", look.threshold);
    number("outline", look.outline);
    number("body", look.body);
  }

  private aim(area: PaneArea): void {
    const { gl } = this;
    const bottom = gl.drawingBufferHeight - area.top - area.height;
    gl.viewport(area.left, bottom, area.width, area.height);
    gl.scissor(area.left, bottom, area.width, area.height);
  }
}

function bind(
  gl: WebGL2RenderingContext,
  unit: number,
  target: number,
  texture: WebGLTexture,
  place: WebGLUniformLocation | null,
): void {
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(target, texture);
  gl.uniform1i(place, unit);
}
