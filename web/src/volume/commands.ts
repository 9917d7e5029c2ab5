// What keys do.

import type { Key } from "../dom/keys";
import { apply } from "../geometry/affine";
import type { PlaneName } from "../geometry/plane";
import type { Vec3 } from "../geometry/vector";
import type { State } from "./state";

// What the viewer does for a key beyond changing its state.
export interface Commands {
  preset(number: number): void;
  setTime(time: number): void;
  zoomActive(factor: number): void;
  panActive(right: number, down: number): void;
  measureHere(): void;
  nextFinding(step: number): void;
  overlays(change: "toggle" | "outline" | number): void;
  widen(center: number, width: number): void;
  reset(): void;
  help(): void;
  maximise(name: PlaneName): void;
}

export const MOUSE: readonly (readonly [string, string])[] = [
  ["Drag", "set the crosshair, or what the chosen tool does"],
  ["Wheel", "next or previous slice; with Ctrl: zoom"],
  ["Right drag", "brightness and contrast"],
  ["Shift drag", "move the picture"],
];

export function keysOf(state: State, commands: Commands): Key[] {
  const key = (keys: string, shown: string, does: string, run: (event: KeyboardEvent) => void): Key => ({
    keys: keys.split(" "),
    shown,
    does,
    run,
  });
  const fast = (event: KeyboardEvent) => (event.shiftKey ? 10 : 1);
  const arrow = (event: KeyboardEvent, right: number, down: number) => {
    if (event.shiftKey) commands.panActive(-right * 40, -down * 40);
    else state.cross = beside(state, right, down);
  };
  return [
    key("PageUp PageDown", "PageUp PageDown", "next and previous slice; with Shift ten at once", (event) =>
      state.scroll(state.active, event.key === "PageUp" ? fast(event) : -fast(event)),
    ),
    key("Home", "Home", "first slice", () => state.toSlice(state.active, 0)),
    key("End", "End", "last slice", () => state.toSlice(state.active, Infinity)),
    key("ArrowLeft", "←", "crosshair one voxel; with Shift the picture", (event) => arrow(event, -1, 0)),
    key("ArrowRight", "→", "as ←", (event) => arrow(event, 1, 0)),
    key("ArrowUp", "↑", "as ←", (event) => arrow(event, 0, -1)),
    key("ArrowDown", "↓", "as ←", (event) => arrow(event, 0, 1)),
    key("1 2 3 4 5 6 7 8 9", "1 … 9", "windows of the list", (event) => commands.preset(Number(event.key) - 1)),
    key("0", "0", "the first window again", () => commands.preset(-1)),
    key("w", "w W", "wider and narrower window", (event) => commands.widen(0, event.shiftKey ? 1 / 1.1 : 1.1)),
    key("b", "b B", "brighter and darker", (event) => commands.widen(event.shiftKey ? 0.05 : -0.05, 1)),
    key("+ =", "+", "larger", () => commands.zoomActive(1.25)),
    key("-", "-", "smaller", () => commands.zoomActive(0.8)),
    key("r", "r", "everything as at the start", () => commands.reset()),
    key("f", "f", "one plane, or all of them", () => commands.maximise(state.active)),
    key("p", "p", "along the axes of the scan, or of the patient", () => state.setAlongPatient(!state.alongPatient)),
    key("x", "x", "crosshair", () => (state.hasCrosshair = !state.hasCrosshair)),
    key("i", "i", "smooth between voxels, or not", () => (state.smoothed = !state.smoothed)),
    key("o", "o", "overlays on or off", () => commands.overlays("toggle")),
    key("l", "l", "borders of labels, or filled", () => commands.overlays("outline")),
    key("[", "[", "overlays fainter", () => commands.overlays(-0.1)),
    key("]", "]", "overlays stronger", () => commands.overlays(0.1)),
    key("a", "a", "annotations on or off", () => (state.hasAnnotations = !state.hasAnnotations)),
    key("n", "n N", "next and previous label or annotation", (event) => commands.nextFinding(event.shiftKey ? -1 : 1)),
    key("m", "m", "measure from the crosshair; again: to the crosshair", () => commands.measureHere()),
    key("Delete Backspace", "Delete", "take measures away", () => (state.measures = [])),
    key(",", ",", "previous time point", () => commands.setTime(state.time - 1)),
    key(".", ".", "next time point", () => commands.setTime(state.time + 1)),
    key("?", "?", "this list", () => commands.help()),
  ];
}

// The crosshair moved by voxels of the active plane.
function beside(state: State, right: number, down: number): Vec3 {
  const plane = state.planes[state.active];
  const [u, v, w] = apply(plane.fromMm, state.cross);
  const [width, height] = [plane.width / 2 - plane.pixel[0] / 2, plane.height / 2 - plane.pixel[1] / 2];
  const clamp = (value: number, most: number) => Math.min(Math.max(value, -most), most);
  return apply(plane.toMm, [
    clamp(u + right * plane.pixel[0], width),
    clamp(v + down * plane.pixel[1], height),
    w,
  ]);
}
