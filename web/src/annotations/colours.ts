// Colours of sets of annotations: told apart by the colour-blind, and not those that the first labels have.

const COLOURS = ["#ffd23f", "#3bceac", "#ff6f91", "#9ad1ff", "#f5a55a", "#c3f584"];

export function colourOfSet(number: number): string {
  return COLOURS[number % COLOURS.length] as string;
}
