// Voxels on the graphics card, slab by slab as they come.

import type { NumberType } from "../scene/types";
import type { Voxels } from "../voxels/volume";
import type { SamplerType } from "./shaders";

// Width of the table of slices that have come: no card needs to take wider textures.
const LOADED_WIDTH = 2048;

interface Format {
  sampler: SamplerType;
  stored: number;
  format: number;
  type: number;
}

export class VolumeTexture {
  readonly sampler: SamplerType;
  readonly texture: WebGLTexture;
  readonly loaded: WebGLTexture;
  private readonly format: Format;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    readonly voxels: Voxels,
  ) {
    this.format = formatOf(gl, voxels.type, voxels.channels);
    this.sampler = this.format.sampler;
    this.texture = gl.createTexture();
    this.loaded = gl.createTexture();
    const [x, y, z] = voxels.level.size;
    gl.bindTexture(gl.TEXTURE_3D, this.texture);
    plain(gl, gl.TEXTURE_3D);
    gl.texStorage3D(gl.TEXTURE_3D, 1, this.format.stored, x, y, z);
    this.showLoaded();
    // After a lost context: whatever has come already.
    for (let slice = 0; slice < z; slice++) {
      if (voxels.loaded[slice]) this.put(slice, 1);
    }
  }

  // Sends slices to the card.
  put(first: number, count: number): void {
    const { gl, format, voxels } = this;
    const [x, y] = voxels.level.size;
    gl.bindTexture(gl.TEXTURE_3D, this.texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    const numbers = voxels.slices(first, count);
    gl.texSubImage3D(gl.TEXTURE_3D, 0, 0, 0, first, x, y, count, format.format, format.type, numbers);
    this.showLoaded();
  }

  // One byte for each slice: whether it has come.
  private showLoaded(): void {
    const { gl } = this;
    const rows = Math.ceil(this.voxels.loaded.length / LOADED_WIDTH);
    const padded = new Uint8Array(rows * LOADED_WIDTH);
    padded.set(this.voxels.loaded);
    gl.bindTexture(gl.TEXTURE_2D, this.loaded);
    plain(gl, gl.TEXTURE_2D);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, LOADED_WIDTH, rows, 0, gl.RED, gl.UNSIGNED_BYTE, padded);
  }

  dispose(): void {
    this.gl.deleteTexture(this.texture);
    this.gl.deleteTexture(this.loaded);
  }
}

// No filter and no repetition.
export function plain(gl: WebGL2RenderingContext, target: number): void {
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(target, name, gl.NEAREST);
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(target, name, gl.CLAMP_TO_EDGE);
}

function formatOf(gl: WebGL2RenderingContext, type: NumberType, channels: number): Format {
  if (channels > 1) {
    const [stored, format] = channels === 4 ? [gl.RGBA8UI, gl.RGBA_INTEGER] : [gl.RGB8UI, gl.RGB_INTEGER];
    return { sampler: "usampler3D", stored, format, type: gl.UNSIGNED_BYTE };
  }
  const signed = (stored: number, type: number): Format => ({
    sampler: "isampler3D",
    stored,
    format: gl.RED_INTEGER,
    type,
  });
  const unsigned = (stored: number, type: number): Format => ({ ...signed(stored, type), sampler: "usampler3D" });
  switch (type) {
    case "int8":
      return signed(gl.R8I, gl.BYTE);
    case "uint8":
      return unsigned(gl.R8UI, gl.UNSIGNED_BYTE);
    case "int16":
      return signed(gl.R16I, gl.SHORT);
    case "uint16":
      return unsigned(gl.R16UI, gl.UNSIGNED_SHORT);
    case "int32":
      return signed(gl.R32I, gl.INT);
    case "uint32":
      return unsigned(gl.R32UI, gl.UNSIGNED_INT);
    case "float32":
      return { sampler: "sampler3D", stored: gl.R32F, format: gl.RED, type: gl.FLOAT };
  }
}
