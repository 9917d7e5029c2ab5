// What keys do on a slide.

import type { Key } from "../dom/keys";

export interface SlideCommands {
  zoomBy(factor: number): void;
  panBy(right: number, down: number): void;
  turn(degrees: number): void;
  home(): void;
  overlays(change: "toggle" | number): void;
  toggleAnnotations(): void;
  nextFinding(step: number): void;
  showHelp(): void;
}

// Pixels of one press.
const STEP = 80;

export function keysOf(commands: SlideCommands): Key[] {
  const key = (keys: string, shown: string, does: string, run: (event: KeyboardEvent) => void): Key => ({
    keys: keys.split(" "),
    shown,
    does,
    run,
  });
  return [
    key("+ =", "+", "larger", () => commands.zoomBy(1.6)),
    key("-", "-", "smaller", () => commands.zoomBy(1 / 1.6)),
    key("ArrowLeft", "←", "move", () => commands.panBy(-STEP, 0)),
    key("ArrowRight", "→", "move", () => commands.panBy(STEP, 0)),
    key("ArrowUp", "↑", "move", () => commands.panBy(0, -STEP)),
    key("ArrowDown", "↓", "move", () => commands.panBy(0, STEP)),
    key("r 0 Home", "r", "the whole slide", () => commands.home()),
    key("t", "t T", "turn by 90° to the right and to the left", (event) => commands.turn(event.shiftKey ? -90 : 90)),
    key("o", "o", "overlays on or off", () => commands.overlays("toggle")),
    key("[", "[", "overlays fainter", () => commands.overlays(-0.1)),
    key("]", "]", "overlays stronger", () => commands.overlays(0.1)),
    key("a", "a", "annotations on or off", () => commands.toggleAnnotations()),
    key("n", "n N", "next and previous annotation", (event) => commands.nextFinding(event.shiftKey ? -1 : 1)),
    key("?", "?", "this list", () => commands.showHelp()),
  ];
}
