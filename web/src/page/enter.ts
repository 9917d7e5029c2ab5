// `<input data-enter="ID">`: the enter key presses that button instead of the first one of the form.

export function enterKeys(root: ParentNode): void {
  for (const input of root.querySelectorAll<HTMLInputElement>("input[data-enter]")) {
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault();
        document.getElementById(input.dataset["enter"] ?? "")?.click();
      }
    });
  }
}
