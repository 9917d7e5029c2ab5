// Voxels from the server, slab by slab, those first that are looked at.

import { reason } from "../scene/read";
import type { VolumeDescription } from "../scene/types";
import { Voxels } from "./volume";

// Requests at once.
const AT_ONCE = 4;
// A first picture should not wait for more bytes than this.
const PREVIEW = 4 << 20;
// Volumes of more bytes than this are shown at a lower resolution.
const MOST = 512 << 20;

// The resolutions to load: a small one for the first picture, then the best one that the graphics card takes.
export function levelsToLoad(image: VolumeDescription, largestSide: number): number[] {
  const fits = image.levels.findIndex(
    (level) => level.bytes <= MOST && level.size.every((side) => side <= largestSide),
  );
  const best = fits < 0 ? image.levels.length - 1 : fits;
  const small = image.levels.findIndex((level, place) => place > best && level.bytes <= PREVIEW);
  const isSmall = (image.levels[best]?.bytes ?? 0) <= PREVIEW / 4;
  return isSmall || small < 0 ? [best] : [small, best];
}

// Loads one resolution of one time point. `nearest` says which slice is looked at, as a share of all; `came` is told of
// each slab.
export async function loadVoxels(
  image: VolumeDescription,
  which: { level: number; time: number },
  nearest: () => number,
  came: (voxels: Voxels, first: number, count: number) => void,
  signal: AbortSignal,
): Promise<Voxels> {
  const level = image.levels[which.level];
  if (!level) throw new Error(`there is no resolution ${which.level}`);
  const voxels = new Voxels(level, image.texture, image.texture_channels);
  const waiting = new Set(Array.from({ length: level.slabs }, (_, slab) => slab));
  const next = (): number => {
    const wanted = (nearest() * level.size[2]) / level.slab - 0.5;
    let best = -1;
    for (const slab of waiting) {
      if (best < 0 || Math.abs(slab - wanted) < Math.abs(best - wanted)) best = slab;
    }
    waiting.delete(best);
    return best;
  };
  const worker = async () => {
    while (waiting.size > 0 && !signal.aborted) {
      const slab = next();
      const url = `${image.voxels}&level=${which.level}&time=${which.time}&slab=${slab}`;
      const answer = await fetch(url, { signal });
      if (!answer.ok) throw new Error(await reason(answer));
      const [first, count] = voxels.take(slab, new Uint8Array(await answer.arrayBuffer()));
      came(voxels, first, count);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return voxels;
}
