// What a value of the chosen kind looks like: shown behind the empty field, and filled in on a wish.

export function exampleOf(kind: HTMLSelectElement): string {
  const text = kind.selectedOptions[0]?.dataset["example"] ?? "";
  return text === "" ? "" : pretty(JSON.parse(text));
}

// Points and other short lists stay on one line, so that positions can be read.
function pretty(value: unknown): string {
  const lines = JSON.stringify(value, null, 2);
  return lines.replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inside: string) => `[${inside.replace(/\s+/g, " ")}]`);
}

// `filled` is called after the example was put into its field.
export function offerExample(kind: HTMLSelectElement | null, filled: () => void): void {
  const field = document.querySelector<HTMLTextAreaElement>("#example");
  const button = document.querySelector<HTMLButtonElement>("[data-fill-example]");
  if (kind === null || field === null || button === null) {
    return;
  }
  const show = () => {
    const text = exampleOf(kind);
    field.placeholder = text;
    field.rows = Math.min(Math.max(text.split("\n").length, 3), 20);
    button.hidden = text === "";
  };
  kind.addEventListener("change", show);
  button.addEventListener("click", () => {
    field.value = exampleOf(kind);
    filled();
    field.focus();
  });
  show();
}
