// Where one file is wanted, a new one takes the place of the one that was sent before.

export function replaceSent(form: HTMLFormElement): void {
  for (const input of form.querySelectorAll<HTMLInputElement>('input[type="file"]:not([multiple])')) {
    input.addEventListener("uploaded", () => {
      const place = input.closest(".drop");
      const isThere = place?.querySelector('.uploads:not([data-sent]) input[type="hidden"]') ?? null;
      for (const sent of place?.querySelectorAll<HTMLInputElement>("[data-sent] input") ?? []) {
        sent.checked = sent.checked && isThere === null;
      }
    });
  }
}
