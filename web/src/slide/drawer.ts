// How OpenSeadragon should draw: by WebGL only where a graphics card does the work.

// Names of renderers that compute on the processor.
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

export function bestDrawer(): "webgl" | "canvas" {
  const gl = document.createElement("canvas").getContext("webgl");
  if (!gl) return "canvas";
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return SOFTWARE.test(name) ? "canvas" : "webgl";
}
