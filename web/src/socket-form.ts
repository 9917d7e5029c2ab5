// The form of a new socket: fields that the kind does not have are put away, and what is typed is judged by the server a
// moment after the last key. Without JavaScript the form says the same once it is sent.

import { visible } from "./dom/visible";
import { offerExample } from "./sockets/example";

const form = document.querySelector<HTMLFormElement>("#socket-form");
const kind = document.querySelector<HTMLSelectElement>("#kind");
const touched = new Set<string>();
let planned = 0;
let asked: AbortController | null = null;

function showFields(): void {
  const sort = kind?.selectedOptions[0]?.dataset["sort"] ?? "";
  for (const part of document.querySelectorAll<HTMLElement>("[data-for]")) {
    const isOfKind = sort === "" || (part.dataset["for"] ?? "").split(" ").includes(sort);
    // What is filled in is never put away, so that nobody sends what they do not see.
    part.hidden = !isOfKind && !isFilled(part);
  }
}

function isFilled(part: HTMLElement): boolean {
  return [...part.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")].some((field) =>
    field.type === "checkbox" ? (field as HTMLInputElement).checked : !field.name.startsWith("segment-value") && field.value !== "",
  );
}

// The field that an input belongs to, as the server names it.
function fieldOf(name: string): string {
  return name.startsWith("segment-") ? "segments" : name;
}

function show(field: string, problem: string | undefined): void {
  const input = form?.elements.namedItem(field);
  const place = input instanceof HTMLElement ? input.closest(".field") : document.querySelector("#segments-group .field");
  if (place === null || place === undefined) {
    return;
  }
  let said = place.querySelector<HTMLElement>(".problem");
  if (problem === undefined) {
    said?.remove();
    if (input instanceof HTMLElement) {
      input.removeAttribute("aria-invalid");
    }
    return;
  }
  if (said === null) {
    said = document.createElement("p");
    said.className = "problem";
    said.id = `${field}-problem`;
    said.setAttribute("role", "status");
    const help = place.querySelector(".help");
    place.insertBefore(said, help);
  }
  if (said.textContent !== visible(problem)) {
    said.textContent = visible(problem);
  }
  if (input instanceof HTMLElement && input.getAttribute("type") !== "hidden") {
    input.setAttribute("aria-invalid", "true");
    const ids = [`${field}-problem`, ...(document.getElementById(`${field}-help`) === null ? [] : [`${field}-help`])];
    input.setAttribute("aria-describedby", ids.join(" "));
  }
}

async function check(): Promise<void> {
  if (form === null) {
    return;
  }
  asked?.abort();
  asked = new AbortController();
  try {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      body.append(name, String(value));
    }
    const answer = await fetch(form.dataset["check"] ?? "", { method: "POST", body, signal: asked.signal });
    if (!answer.ok) {
      return;
    }
    const problems = (await answer.json()) as Record<string, string>;
    for (const field of touched) {
      show(field, problems[field]);
    }
  } catch {
    // What is wrong is said again when the form is sent.
  }
}

form?.addEventListener("input", (event) => {
  const input = event.target as HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
  touched.add(fieldOf(input.name));
  showFields();
  // The kind decides what the others may be.
  if (input.name === "kind") {
    for (const name of ["path", "segments", "schema", "default", "example"]) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
        if (field.value !== "" && field.type !== "hidden") {
          touched.add(name);
        }
      }
    }
  }
  plan();
});

function plan(): void {
  window.clearTimeout(planned);
  planned = window.setTimeout(() => void check(), 350);
}

offerExample(kind, () => {
  touched.add("example");
  plan();
});
showFields();

export {};
