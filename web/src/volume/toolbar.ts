// Buttons and choices above the panes.

import { button, element } from "../dom/element";
import { numberText } from "../layers/numbers";
import type { State, Tool } from "./state";

const TOOLS: readonly (readonly [Tool, string, string])[] = [
  ["look", "Point", "Set the crosshair by pressing and dragging"],
  ["window", "Window", "Change brightness and contrast by dragging (also with the right button)"],
  ["pan", "Move", "Move the picture by dragging (also with Shift)"],
  ["measure", "Measure", "Measure a distance by dragging"],
];

export interface ToolbarListener {
  changed(): void;
  preset(number: number): void;
  automatic(): void;
  setTime(time: number): void;
  reset(): void;
  help(): void;
  fullScreen(): void;
}

export class Toolbar {
  readonly root: HTMLElement;
  private readonly tools = element("select", { "aria-label": "Tool", name: "tool" });
  private readonly presets = element("select", { "aria-label": "Window", name: "preset" });
  private readonly window = element("output", { class: "window" });
  private readonly time = element("input", { type: "range", min: 1, step: 1, "aria-label": "Time point" });
  private readonly timeText = element("output");

  constructor(
    private readonly state: State,
    private readonly listener: ToolbarListener,
  ) {
    this.root = element("div", { class: "toolbar", role: "toolbar", "aria-label": "Viewer" });
    this.fillTools();
    if (this.hasWindow) this.fillPresets();
    if (state.base.image.times > 1) this.fillTime();
    const crosshair = button("Crosshair", "Crosshair on or off (x)", () => {
      state.hasCrosshair = !state.hasCrosshair;
      listener.changed();
    });
    crosshair.dataset["toggle"] = "crosshair";
    this.root.append(
      crosshair,
      button("Reset", "Everything as at the start (r)", () => listener.reset()),
      button("Full screen", "Full screen, and back", () => listener.fullScreen()),
      button("?", "Keys and mouse (?)", () => listener.help()),
    );
  }

  private get hasWindow(): boolean {
    const { base } = this.state;
    return base.scene.role !== "labels" && base.image.texture_channels === 1;
  }

  update(): void {
    const { state } = this;
    this.tools.value = state.tool;
    const { base } = state;
    this.window.textContent = `C ${numberText(round(base.center))} W ${numberText(round(base.width))}`;
    this.time.value = String(state.time + 1);
    this.timeText.textContent = `${state.time + 1}/${base.image.times}`;
    const crosshair = this.root.querySelector('[data-toggle="crosshair"]');
    crosshair?.setAttribute("aria-pressed", String(state.hasCrosshair));
  }

  private fillTools(): void {
    this.tools.append(...TOOLS.map(([value, name, title]) => element("option", { value, title }, name)));
    this.tools.addEventListener("change", () => {
      this.state.tool = this.tools.value as Tool;
      this.listener.changed();
    });
    this.root.append(this.tools);
  }

  private fillPresets(): void {
    const presets = this.state.base.image.presets;
    const named = presets.map((preset, place) =>
      element("option", { value: place }, place < 9 ? `${place + 1}  ${preset.name}` : preset.name),
    );
    this.presets.append(
      element("option", { value: "" }, "Window…"),
      ...named,
      element("option", { value: "first" }, "as in the file"),
      element("option", { value: "automatic" }, "automatic"),
    );
    this.presets.addEventListener("change", () => {
      const { value } = this.presets;
      if (value === "first") this.listener.preset(-1);
      else if (value === "automatic") this.listener.automatic();
      else if (value) this.listener.preset(Number(value));
      // The same one can be chosen again after the window was dragged.
      this.presets.value = "";
    });
    this.root.append(this.presets, this.window);
  }

  private fillTime(): void {
    this.time.max = String(this.state.base.image.times);
    this.time.addEventListener("input", () => this.listener.setTime(Number(this.time.value) - 1));
    this.root.append(element("label", { class: "row" }, "Time", this.time, this.timeText));
  }
}

// Half numbers of windows that were dragged say nothing.
function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : value;
}
