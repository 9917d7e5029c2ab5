// Two ways to an image: files, or one that is there already, found by its name.

const PAUSE = 250;

export function chooseImages(form: HTMLFormElement): void {
  for (const ways of form.querySelectorAll<HTMLElement>("[data-ways]")) {
    const radios = [...ways.querySelectorAll<HTMLInputElement>('input[type="radio"][name^="from."]')];
    const show = (): void => {
      const chosen = radios.find((radio) => radio.checked)?.value;
      for (const way of ways.querySelectorAll<HTMLElement>("[data-way]")) {
        way.hidden = way.dataset["way"] !== chosen;
      }
    };
    for (const radio of radios) {
      radio.addEventListener("change", show);
    }
    show();
    search(form, ways);
  }
}

function search(form: HTMLFormElement, ways: HTMLElement): void {
  const field = ways.querySelector<HTMLInputElement>("[data-find]");
  const found = ways.querySelector<HTMLElement>("[data-found]");
  const button = ways.querySelector<HTMLElement>("[data-find-button]");
  if (field === null || found === null) {
    return;
  }
  button?.remove();
  let timer = 0;
  let asked = 0;
  field.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      asked += 1;
      const now = asked;
      void ask(form, field, found).then((html) => {
        if (html !== null && now === asked) {
          found.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.children);
        }
      });
    }, PAUSE);
  });
  // Enter would send the form.
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
    }
  });
}

async function ask(form: HTMLFormElement, field: HTMLInputElement, found: HTMLElement): Promise<string | null> {
  const query = new URLSearchParams({
    input: field.dataset["find"] ?? "",
    search: field.value,
    chosen: found.querySelector<HTMLInputElement>("input:checked")?.value ?? "",
  });
  try {
    const answer = await fetch(`${form.dataset["images"] ?? ""}?${query.toString()}`);
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}
