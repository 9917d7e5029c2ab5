// `<button data-copy="ID" hidden>`: copies the text of an element. Hidden without JavaScript, where one selects it.

export function copyButtons(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    const source = document.getElementById(button.dataset["copy"] ?? "");
    if (source === null) {
      continue;
    }
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", () => {
      void copy(source).then((done) => {
        button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
        window.setTimeout(() => {
          button.textContent = label;
        }, 2500);
      });
    });
  }
}

// The clipboard may be closed to the page; then the text is selected for the reader.
async function copy(source: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    window.getSelection()?.selectAllChildren(source);
    return false;
  }
}
