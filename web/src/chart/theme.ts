// A chart in the colours of the page, as wide as its place where it does not say how wide it is.
import type { TopLevelSpec } from "vega-lite";

type Loose = TopLevelSpec & Record<string, unknown>;

export function themed(spec: Loose, width: number): Loose {
  const colours = getComputedStyle(document.documentElement);
  const colour = (name: string): string => colours.getPropertyValue(name).trim();
  const text = colour("--text");
  const line = colour("--line");
  const own = {
    background: "transparent",
    font: "sans-serif",
    axis: { labelColor: text, titleColor: text, gridColor: line, domainColor: line, tickColor: line },
    legend: { labelColor: text, titleColor: text },
    title: { color: text, subtitleColor: text },
    view: { stroke: line },
    mark: { color: colour("--accent"), tooltip: true },
    style: { "guide-label": { fill: text }, "guide-title": { fill: text } },
  };
  const given = typeof spec["config"] === "object" && spec["config"] !== null ? spec["config"] : {};
  const isSingle = ["mark", "layer"].some((key) => key in spec);
  const sized = isSingle && !("width" in spec) ? { width: Math.max(160, width - 40), height: 220, autosize: { type: "fit-x", contains: "padding" } } : {};
  return { ...sized, ...spec, config: { ...own, ...given } } as Loose;
}
