// Asks before a form with `data-confirm` is sent.

export function confirmForms(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-confirm]")) {
    form.addEventListener("submit", (event) => {
      if (!window.confirm(form.dataset["confirm"] ?? "")) {
        event.preventDefault();
      }
    });
  }
}
