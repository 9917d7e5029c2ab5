// Pieces of annotations as an SVG. Paths are in mm and scaled as a whole; their lines stay as wide as they are.

import { drawn } from "../dom/element";
import type { Piece } from "./project";

export interface Coloured {
  piece: Piece;
  colour: string;
  // Read by screen readers and shown by browsers at the pointer.
  title: string;
}

// Path data of a piece.
export function pathOf(piece: Piece): string {
  const number = (value: number) => value.toFixed(4);
  const points = piece.path.map(([u, v]) => `${number(u)} ${number(v)}`);
  // A line of no length is a dot, with round ends.
  if (piece.isPoint) return `M${points[0]}h0`;
  return `M${points.join("L")}${piece.closed ? "Z" : ""}`;
}

// A group of pieces; the caller sets its `transform`.
export function groupOf(pieces: readonly Coloured[]): SVGGElement {
  const group = drawn("g", { class: "annotations" });
  for (const { piece, colour, title } of pieces) {
    const attributes = { d: pathOf(piece), opacity: piece.strength, fill: "none", "stroke-linecap": "round" };
    const line = (stroke: string, width: number) =>
      drawn("path", { ...attributes, stroke, "stroke-width": width, "vector-effect": "non-scaling-stroke" });
    const width = piece.isPoint ? 10 : 2;
    const halo = line("#000a", width + 2);
    const body = line(colour, width);
    if (!piece.isPoint && piece.isHollow) body.setAttribute("stroke-dasharray", "5 4");
    const text = drawn("title");
    text.textContent = title;
    body.append(text);
    group.append(halo, body);
    if (piece.isPoint && piece.isHollow) group.append(line("#000", 5));
  }
  return group;
}
