// Says what is wrong with JSON while it is typed; the server knows the schemas.

import { visible } from "../dom/visible";

const PAUSE = 400;

export function checkCode(form: HTMLFormElement): void {
  for (const area of form.querySelectorAll<HTMLTextAreaElement>("textarea[data-code]")) {
    let timer = 0;
    let asked = 0;
    area.addEventListener("input", () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        asked += 1;
        const now = asked;
        void ask(form, area).then((problems) => {
          if (problems !== null && now === asked) {
            tell(area, problems);
          }
        });
      }, PAUSE);
    });
    area.addEventListener("keydown", (event) => indent(event, area));
    addExample(form, area);
  }
}

async function ask(form: HTMLFormElement, area: HTMLTextAreaElement): Promise<string[] | null> {
  const body = new URLSearchParams({
    csrf: form.querySelector<HTMLInputElement>('input[name="csrf"]')?.value ?? "",
    input: area.dataset["code"] ?? "",
    text: area.value,
  });
  try {
    const answer = await fetch(form.dataset["check"] ?? "", { method: "POST", body });
    return answer.ok ? ((await answer.json()) as { problems: string[] }).problems : null;
  } catch {
    return null;
  }
}

function tell(area: HTMLTextAreaElement, problems: string[]): void {
  const list = document.getElementById(`problem-${area.dataset["code"] ?? ""}`);
  if (list === null) {
    return;
  }
  list.replaceChildren(
    ...problems.map((problem) => {
      const item = document.createElement("li");
      // What stands in backticks is code, as where the server draws it.
      const parts = problem.split("`");
      const isPaired = parts.length % 2 === 1;
      for (const [place, part] of parts.entries()) {
        const piece = document.createElement(isPaired && place % 2 === 1 ? "code" : "span");
        piece.textContent = visible(isPaired || place === 0 ? part : `\`${part}`);
        item.append(piece);
      }
      return item;
    }),
  );
  list.hidden = problems.length === 0;
  list.closest("fieldset")?.classList.toggle("wrong", problems.length > 0);
  if (problems.length > 0) {
    area.setAttribute("aria-invalid", "true");
  } else {
    area.removeAttribute("aria-invalid");
  }
}

// The bracket that ends a line is the depth of the next one; Tab still leaves the field.
function indent(event: KeyboardEvent, area: HTMLTextAreaElement): void {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) {
    return;
  }
  const before = area.value.slice(0, area.selectionStart);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const space = /^[ ]*/.exec(line)?.[0] ?? "";
  const deeper = /[{[]\s*$/.test(line) ? "  " : "";
  event.preventDefault();
  area.setRangeText(`\n${space}${deeper}`, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function addExample(form: HTMLFormElement, area: HTMLTextAreaElement): void {
  const example = form.querySelector<HTMLElement>(`[data-example="${area.dataset["code"] ?? ""}"]`);
  if (example === null) {
    return;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "small";
  button.textContent = "Use the example";
  button.addEventListener("click", () => {
    area.value = example.textContent ?? "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });
  example.after(button);
}
