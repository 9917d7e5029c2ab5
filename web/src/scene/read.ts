// The scene that stands in an element, and what belongs to it on the server.

import { visible } from "../dom/visible";
import type { AnnotationSet, Scene, SceneLayer } from "./types";

// The scene in the `<script type="application/json">` of an element.
export function sceneOf(host: HTMLElement): Scene {
  const script = host.querySelector('script[type="application/json"]');
  if (!script?.textContent) throw new Error("there is no scene in the element");
  return JSON.parse(visible(script.textContent)) as Scene;
}

// What the server says of the image of a layer.
export function described<Description>(layer: SceneLayer, signal: AbortSignal): Promise<Description> {
  return json<Description>(layer.describe, signal);
}

// The annotations with all their items.
export async function complete(set: AnnotationSet, signal: AbortSignal): Promise<AnnotationSet> {
  return set.url ? await json<AnnotationSet>(set.url, signal) : set;
}

async function json<Answer>(url: string, signal: AbortSignal): Promise<Answer> {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(await reason(answer));
  return JSON.parse(visible(await answer.text())) as Answer;
}

// Why a request was refused, in the words of the server.
export async function reason(answer: Response): Promise<string> {
  const body: unknown = await answer.json().catch(() => null);
  const detail = body && typeof body === "object" && "detail" in body ? body.detail : null;
  return typeof detail === "string" ? visible(detail) : `The server answered ${answer.status}.`;
}
