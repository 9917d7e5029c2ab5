// A length that people can name: 1, 2 or 5 of a power of ten.

export interface Bar {
  mm: number;
  pixels: number;
  text: string;
}

// The longest one of at most `most` pixels.
export function barOf(pixelsOfMm: number, most: number): Bar {
  const mm = most / pixelsOfMm;
  const power = 10 ** Math.floor(Math.log10(mm));
  const factor = [5, 2, 1].find((factor) => factor * power <= mm) ?? 1;
  const length = factor * power;
  return { mm: length, pixels: length * pixelsOfMm, text: lengthText(length) };
}

// With the unit that gives the shortest text.
export function lengthText(mm: number): string {
  const shown = (value: number, unit: string) => `${Number(value.toPrecision(4))} ${unit}`;
  if (mm < 1) return shown(mm * 1000, "µm");
  return mm >= 100 ? shown(mm / 10, "cm") : shown(mm, "mm");
}
