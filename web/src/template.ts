// The result template's preview, a moment after the last key. Without JavaScript the button does the same.

import { visible } from "./dom/visible";

interface Previewed {
  document: string | null;
  problem: [string, string] | null;
}

const form = document.querySelector<HTMLFormElement>("#template-form");
const frame = document.querySelector<HTMLIFrameElement>("#preview");
const said = document.querySelector<HTMLElement>("#preview-problem");
const job = document.querySelector<HTMLSelectElement>("#job");
const results = document.querySelector<HTMLElement>("#results-field");
let planned = 0;
let asked: AbortController | null = null;

function showResults(): void {
  if (results !== null && job !== null) {
    results.hidden = job.value !== "";
  }
}

async function preview(): Promise<void> {
  if (form === null || frame === null || said === null) {
    return;
  }
  asked?.abort();
  asked = new AbortController();
  try {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      body.append(name, String(value));
    }
    const answer = await fetch(form.dataset["preview"] ?? "", { method: "POST", body, signal: asked.signal });
    if (!answer.ok) {
      said.textContent = `The preview failed (${answer.status}).`;
      return;
    }
    const shown = (await answer.json()) as Previewed;
    said.textContent = visible(shown.problem?.[1] ?? "");
    if (shown.document !== null) {
      frame.srcdoc = shown.document;
    }
  } catch (problem) {
    if (!(problem instanceof DOMException && problem.name === "AbortError")) {
      said.textContent = "The server does not answer.";
    }
  }
}

form?.addEventListener("input", () => {
  showResults();
  window.clearTimeout(planned);
  planned = window.setTimeout(() => void preview(), 300);
});
showResults();
