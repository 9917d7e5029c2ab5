// Where a direction points, in letters: L, R, A, P, S, I, the nearest first.

import { type Vec3, norm } from "./vector";

// Below this cosine (15° from square) a direction gets no second letter.
const SECOND_LETTER = 0.258819;

const NAMES = ["RL", "AP", "IS"] as const;

export function letters(vector: Vec3): string {
  const length = norm(vector);
  return NAMES.map((names, axis) => {
    const share = (vector[axis] ?? 0) / length;
    return { letter: share < 0 ? names.charAt(0) : names.charAt(1), share: Math.abs(share) };
  })
    .sort((a, b) => b.share - a.share)
    .filter(({ share }, place) => place === 0 || share > SECOND_LETTER)
    .map(({ letter }) => letter)
    .join("");
}
