// Names and colours of labels.

import type { SceneLayer } from "../scene/types";

export function nameOfLabel(layer: SceneLayer, label: number): string {
  return layer.segments.find((segment) => segment.value === label)?.name ?? `label ${label}`;
}

// As CSS has it; `colours` are the hexadecimal digits that the server sends.
export function colourOfLabel(colours: string, label: number): string {
  const place = placeOf(label) * 6;
  return `#${colours.slice(place, place + 6)}`;
}

// Place of a label among 256 colours, as on the server.
export function placeOf(label: number): number {
  return label === 0 ? 0 : ((((label - 1) % 255) + 255) % 255) + 1;
}
