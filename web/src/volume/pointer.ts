// Mouse and fingers on a pane.

import type { Vec3 } from "../geometry/vector";
import type { Pane, Point } from "./pane";
import type { Tool } from "./state";

export interface PointerListener {
  tool(): Tool;
  activate(pane: Pane): void;
  hover(point: Vec3 | null): void;
  look(pane: Pane, at: Point): void;
  pan(pane: Pane, by: Point): void;
  window(by: Point): void;
  measure(pane: Pane, from: Vec3, to: Vec3, isNew: boolean): void;
  scroll(pane: Pane, slices: number): void;
  zoom(pane: Pane, factor: number, at: Point): void;
}

interface Drag {
  tool: Tool;
  start: Point;
  last: Point;
  begun: boolean;
}

// Pixels of the wheel for one slice.
const NOTCH = 60;

export function listen(pane: Pane, listener: PointerListener): void {
  const surface = pane.drawing;
  const fingers = new Map<number, Point>();
  let drag: Drag | null = null;
  let wheel = 0;

  const at = (event: PointerEvent | WheelEvent): Point => {
    const box = pane.root.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  surface.addEventListener("pointerdown", (event) => {
    listener.activate(pane);
    surface.setPointerCapture(event.pointerId);
    const point = at(event);
    fingers.set(event.pointerId, point);
    drag = { tool: toolOf(event, listener.tool()), start: point, last: point, begun: false };
    if (drag.tool === "look" && fingers.size === 1) listener.look(pane, point);
  });

  surface.addEventListener("pointermove", (event) => {
    const point = at(event);
    const before = fingers.get(event.pointerId);
    if (!before || !drag) {
      listener.hover(pane.toMm(point));
      return;
    }
    if (fingers.size === 2) {
      pinch(pane, fingers, event.pointerId, point, listener);
    } else {
      move(pane, drag, point, listener);
    }
    fingers.set(event.pointerId, point);
  });

  const end = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
    if (fingers.size === 0) drag = null;
  };
  surface.addEventListener("pointerup", end);
  surface.addEventListener("pointercancel", end);
  surface.addEventListener("pointerleave", () => listener.hover(null));
  surface.addEventListener("contextmenu", (event) => event.preventDefault());

  pane.root.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      listener.activate(pane);
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : NOTCH);
      if (event.ctrlKey || event.metaKey) {
        listener.zoom(pane, Math.exp(-pixels / 300), at(event));
        return;
      }
      wheel += pixels;
      const slices = Math.trunc(wheel / NOTCH) || (Math.abs(pixels) >= NOTCH / 2 ? Math.sign(pixels) : 0);
      if (slices !== 0) {
        wheel = 0;
        listener.scroll(pane, slices);
      }
    },
    { passive: false },
  );
}

// The right button changes the window, the middle one and Shift pan, whatever the tool.
function toolOf(event: PointerEvent, tool: Tool): Tool {
  if (event.button === 2) return "window";
  if (event.button === 1 || event.shiftKey) return "pan";
  return tool;
}

function move(pane: Pane, drag: Drag, point: Point, listener: PointerListener): void {
  const by: Point = [point[0] - drag.last[0], point[1] - drag.last[1]];
  drag.last = point;
  switch (drag.tool) {
    case "look":
      listener.look(pane, point);
      break;
    case "pan":
      listener.pan(pane, by);
      break;
    case "window":
      listener.window(by);
      break;
    case "measure":
      listener.measure(pane, pane.toMm(drag.start), pane.toMm(point), !drag.begun);
      drag.begun = true;
      break;
  }
}

// Two fingers: what is between them stays between them.
function pinch(
  pane: Pane,
  fingers: ReadonlyMap<number, Point>,
  moved: number,
  point: Point,
  listener: PointerListener,
): void {
  const before = fingers.get(moved);
  const other = [...fingers].find(([id]) => id !== moved)?.[1];
  if (!before || !other) return;
  const apart = (finger: Point) => Math.hypot(finger[0] - other[0], finger[1] - other[1]);
  const middle: Point = [(point[0] + other[0]) / 2, (point[1] + other[1]) / 2];
  listener.pan(pane, [(point[0] - before[0]) / 2, (point[1] - before[1]) / 2]);
  listener.zoom(pane, apart(point) / Math.max(apart(before), 1), middle);
}
