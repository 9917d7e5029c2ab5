// Annotations over a slide: an SVG while they are few, a canvas above that.

import type OpenSeadragon from "openseadragon";
import { colourOfSet } from "../annotations/colours";
import type { Piece } from "../annotations/project";
import { type Coloured, groupOf } from "../annotations/svg";
import { titleOf } from "../annotations/words";
import { drawn, element } from "../dom/element";
import type { AnnotationSet } from "../scene/types";
import type { Frame } from "./frame";

// More pieces than this are drawn on a canvas, which is quicker and has no titles.
const MOST_SVG = 2000;

type Matrix = readonly [number, number, number, number, number, number];

export class SlideAnnotations {
  readonly root = element("div", { class: "over" });
  private readonly svg = drawn("svg");
  private readonly canvas = element("canvas", { "aria-hidden": "true" });
  private readonly pieces: Coloured[];
  private readonly group: SVGGElement | null;

  constructor(
    sets: readonly AnnotationSet[],
    private readonly frame: Frame,
  ) {
    this.pieces = sets.flatMap((set, number) =>
      set.items.flatMap((item, place) =>
        // A slide has no depth: whatever stands in z means nothing.
        item.paths.map((path): Coloured => {
          const flat = path.map(([x, y]): [number, number] => [x, y]);
          const piece: Piece = {
            path: flat,
            closed: item.closed,
            isPoint: flat.length === 1,
            isHollow: false,
            strength: 1,
          };
          return { piece, colour: colourOfSet(number), title: titleOf(set, item, place) };
        }),
      ),
    );
    const isFew = this.pieces.length <= MOST_SVG;
    this.group = isFew ? groupOf(this.pieces) : null;
    if (this.group) this.svg.append(this.group);
    this.root.append(isFew ? this.svg : this.canvas);
  }

  // Follows the slide.
  update(viewport: OpenSeadragon.Viewport): void {
    const matrix = this.matrix(viewport);
    if (this.group) this.group.setAttribute("transform", `matrix(${matrix.join(" ")})`);
    else this.paint(matrix);
  }

  // From mm to pixels of the viewer, whichever way the slide is turned.
  private matrix(viewport: OpenSeadragon.Viewport): Matrix {
    const at = (x: number, y: number) => viewport.pixelFromPoint(this.frame.place(x, y), true);
    const [zero, right, down] = [at(0, 0), at(1, 0), at(0, 1)];
    return [right.x - zero.x, right.y - zero.y, down.x - zero.x, down.y - zero.y, zero.x, zero.y];
  }

  private paint([a, b, c, d, e, f]: Matrix): void {
    const { canvas } = this;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const [width, height] = [this.root.clientWidth, this.root.clientHeight];
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    const context = canvas.getContext("2d");
    if (!context) return;
    context.scale(ratio, ratio);
    context.lineCap = "round";
    for (const { piece, colour } of this.pieces) {
      const points = piece.path.map(([x, y]) => [a * x + c * y + e, b * x + d * y + f] as const);
      const isSeen = points.some(([x, y]) => x > -50 && y > -50 && x < width + 50 && y < height + 50);
      if (!isSeen) continue;
      context.beginPath();
      points.forEach(([x, y], place) => (place === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
      const [first] = points;
      if (piece.isPoint && first) context.lineTo(first[0] + 0.01, first[1]);
      if (piece.closed) context.closePath();
      context.strokeStyle = colour;
      context.lineWidth = piece.isPoint ? 7 : 2;
      context.stroke();
    }
  }
}
