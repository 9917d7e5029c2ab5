// Compiled programs, kept by what they are for.

import { type Drawing, type SamplerType, VERTEX, fragment } from "./shaders";

export interface Program {
  readonly program: WebGLProgram;
  // The place of a uniform; null where the program has none.
  uniform(name: string): WebGLUniformLocation | null;
}

export class Programs {
  private readonly made = new Map<string, Program>();

  constructor(private readonly gl: WebGL2RenderingContext) {}

  for(sampler: SamplerType, drawing: Drawing): Program {
    const key = `${sampler} ${drawing === "heat" ? "image" : drawing}`;
    let found = this.made.get(key);
    if (!found) {
      found = link(this.gl, fragment(sampler, drawing));
      this.made.set(key, found);
    }
    return found;
  }
}

function link(gl: WebGL2RenderingContext, fragmentSource: string): Program {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, fragmentSource],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) throw new Error("the graphics card takes no shader");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = (gl.getAttachedShaders(program) ?? []).map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`a shader was refused: ${gl.getProgramInfoLog(program)} ${logs.join(" ")}`);
  }
  const places = new Map<string, WebGLUniformLocation | null>();
  return {
    program,
    uniform(name) {
      let place = places.get(name);
      if (place === undefined) {
        place = gl.getUniformLocation(program, name);
        places.set(name, place);
      }
      return place;
    },
  };
}
