// `<div id="…" data-refresh="MILLISECONDS">`: a part of the page that changes by itself is fetched again until it says that it
// is settled. The rest of the page, such as an upload on its way, is left alone.
import { confirmForms } from "./confirm";
import { localTimes } from "./local-times";

export function refreshParts(root: ParentNode): void {
  for (const part of root.querySelectorAll<HTMLElement>("[data-refresh][id]")) {
    plan(part);
  }
}

function plan(part: HTMLElement): void {
  window.setTimeout(() => void refresh(part), Number(part.dataset["refresh"]) || 2000);
}

async function refresh(part: HTMLElement): Promise<void> {
  // Whoever writes in it is not disturbed.
  if (part.contains(document.activeElement)) {
    plan(part);
    return;
  }
  try {
    const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
    const fresh = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id) : null;
    if (fresh === null) {
      return;
    }
    if (fresh.innerHTML !== part.dataset["seen"]) {
      const seen = fresh.innerHTML;
      part.replaceChildren(...fresh.childNodes);
      part.dataset["seen"] = seen;
      localTimes(part);
      confirmForms(part);
    }
    if (fresh.dataset["refresh"] === undefined) {
      delete part.dataset["refresh"];
    } else {
      plan(part);
    }
  } catch {
    plan(part);
  }
}
