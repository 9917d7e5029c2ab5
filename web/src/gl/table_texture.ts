// 256 colours on the graphics card.

import { plain } from "./volume_texture";

// Red, green and blue from the hexadecimal digits that the server sends.
export function coloursOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, place) => parseInt(hex.slice(place * 2, place * 2 + 2), 16));
}

export class TableTexture {
  readonly texture: WebGLTexture;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.texture = gl.createTexture();
  }

  // Takes 256 times red, green, blue; `opaque` says which of them are seen.
  put(colours: Uint8Array, opaque: (place: number) => boolean = () => true): void {
    const { gl } = this;
    const texels = new Uint8Array(256 * 4);
    for (let place = 0; place < 256; place++) {
      texels.set(colours.subarray(place * 3, place * 3 + 3), place * 4);
      texels[place * 4 + 3] = opaque(place) ? 255 : 0;
    }
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    plain(gl, gl.TEXTURE_2D);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
  }

  dispose(): void {
    this.gl.deleteTexture(this.texture);
  }
}
