// Programs of the graphics card: one layer, one pane, every pixel sampled through the layer's own affine.
//
// Textures of whole numbers cannot be filtered by the card, so the shader mixes eight voxels itself.

import type { Role } from "../scene/types";

export type SamplerType = "isampler3D" | "usampler3D" | "sampler3D";
export type Drawing = Role | "colour";

export const VERTEX = `#version 300 es
uniform vec3 origin, alongX, alongY;
out vec3 index;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  index = origin + corner.x * alongX + corner.y * alongY;
  gl_Position = vec4(corner.x * 2.0 - 1.0, 1.0 - corner.y * 2.0, 0.0, 1.0);
}`;

const COMMON = `
uniform SAMPLER voxels;
uniform sampler2D table;
uniform sampler2D loaded;
uniform vec3 size;
uniform float opacity;
uniform bool partial;
in vec3 index;
out vec4 colour;

ivec3 inside() {
  if (any(lessThan(index, vec3(-0.5001))) || any(greaterThan(index, size - 0.4999))) discard;
  ivec3 nearest = ivec3(clamp(floor(index + 0.5001), vec3(0.0), size - 1.0));
  if (partial) {
    int below = int(clamp(floor(index.z), 0.0, size.z - 1.0));
    int above = int(clamp(ceil(index.z), 0.0, size.z - 1.0));
    if (texelFetch(loaded, ivec2(below & 2047, below >> 11), 0).r < 0.5) discard;
    if (texelFetch(loaded, ivec2(above & 2047, above >> 11), 0).r < 0.5) discard;
  }
  return nearest;
}
float at(ivec3 voxel) { return float(texelFetch(voxels, voxel, 0).r); }
`;

const MIXED = `
uniform bool smoothed;
float value(ivec3 nearest) {
  if (!smoothed) return at(nearest);
  vec3 place = clamp(index, vec3(0.0), size - 1.0);
  ivec3 low = ivec3(floor(place));
  ivec3 high = min(low + 1, ivec3(size) - 1);
  vec3 share = place - vec3(low);
  float sum = 0.0;
  for (int corner = 0; corner < 8; corner++) {
    bvec3 upper = bvec3(corner & 1, corner & 2, corner & 4);
    vec3 shares = mix(1.0 - share, share, vec3(upper));
    float weight = shares.x * shares.y * shares.z;
    if (weight > 0.0) sum += weight * at(ivec3(upper.x ? high.x : low.x, upper.y ? high.y : low.y, upper.z ? high.z : low.z));
  }
  return sum;
}
`;

const TABLED = `
uniform float low, span, threshold;
void main() {
  float found = value(inside());
  if (isnan(found) || found < threshold) discard;
  float share = span == 0.0 ? step(low, found) : clamp((found - low) / span, 0.0, 1.0);
  colour = vec4(texelFetch(table, ivec2(int(share * 255.0 + 0.5), 0), 0).rgb, 1.0) * opacity;
}
`;

const LABELS = `
uniform vec3 stepX, stepY;
uniform float outline, body;
int placeOf(vec3 where) {
  if (any(lessThan(where, vec3(-0.5001))) || any(greaterThan(where, size - 0.4999))) return 0;
  int label = int(round(at(ivec3(clamp(floor(where + 0.5001), vec3(0.0), size - 1.0)))));
  if (label == 0) return 0;
  int rest = (label - 1) % 255;
  return (rest < 0 ? rest + 255 : rest) + 1;
}
void main() {
  inside();
  int place = placeOf(index);
  vec4 found = texelFetch(table, ivec2(place, 0), 0);
  if (found.a == 0.0) discard;
  float strength = opacity;
  if (outline > 0.0) {
    bool border = placeOf(index + stepX * outline) != place || placeOf(index - stepX * outline) != place
      || placeOf(index + stepY * outline) != place || placeOf(index - stepY * outline) != place;
    strength = border ? 1.0 : opacity * body;
  }
  colour = vec4(found.rgb, 1.0) * strength;
}
`;

const COLOURS = `
uniform int channels;
void main() {
  ivec3 nearest = inside();
  vec4 found = vec4(texelFetch(voxels, nearest, 0)) / 255.0;
  colour = vec4(found.rgb * (channels == 4 ? found.a : 1.0), 1.0) * opacity;
}
`;

const BODIES: Record<Drawing, string> = {
  image: MIXED + TABLED,
  heat: MIXED + TABLED,
  labels: LABELS,
  colour: COLOURS,
};

export function fragment(sampler: SamplerType, drawing: Drawing): string {
  const head = `#version 300 es
precision highp float;
precision highp int;
precision highp ${sampler};
#define SAMPLER ${sampler}
`;
  return head + COMMON + BODIES[drawing];
}
