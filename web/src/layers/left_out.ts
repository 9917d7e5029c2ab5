// What should lie over an image and cannot be shown: without a word it would look as if nothing had been found.

import { element } from "../dom/element";
import type { LeftOut, SceneLayer } from "../scene/types";

export function noticeOfLeftOut({ title, reason }: LeftOut): HTMLElement {
  const said = element("p", {}, element("strong", {}, title), ` is not shown. ${reason}`);
  return element("section", { class: "notice bad left-out", role: "alert", "aria-label": `${title} is not shown` }, said);
}

// A layer whose description or voxels did not come.
export function leftOut(layer: SceneLayer, problem: unknown): LeftOut {
  return { title: layer.title, reason: problem instanceof Error ? problem.message : String(problem) };
}
