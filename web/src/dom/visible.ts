// Text as somebody reads it, by the rule of the server (crates/domain/src/visible.rs): marks that turn the direction of writing
// or have no width are written out, so that a text reads as what it is.

const MARK = /^[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]$/u;
const JOINER = /^[\u200c\u200d]$/;
// Whether there is anything to do.
const ODD = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

export function visible(text: string): string {
  if (!ODD.test(text)) return text;
  const letters = [...text];
  // Joiners stay between letters beyond Latin, where scripts and emoji need them.
  const needsJoiners = (letter: string | undefined) =>
    letter !== undefined && letter >= "\u0300" && !MARK.test(letter) && !JOINER.test(letter);
  const shown = letters.map((letter, place) => {
    const joins = JOINER.test(letter) && needsJoiners(letters[place - 1]) && needsJoiners(letters[place + 1]);
    const isOdd = MARK.test(letter) || (JOINER.test(letter) && !joins);
    return isOdd ? `⟨U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩` : letter;
  });
  return shown.join("");
}
