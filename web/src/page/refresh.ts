// Keeps a part of the page up to date: `<div id data-refresh="SECONDS">` is taken again from the same address. It ends when
// the part comes without `data-refresh` (with `data-refresh-page` the whole page is then loaded again) or the page has it no
// more (the page is loaded again), and pauses while nobody looks or while something inside has the focus.
import { confirmForms } from "./confirm";
import { localTimes } from "./local-times";
import { focusScrollers } from "./scrollers";

export function refreshParts(root: ParentNode): void {
  for (const part of root.querySelectorAll<HTMLElement>("[data-refresh][id]")) {
    void keepFresh(part);
  }
}

async function keepFresh(part: HTMLElement): Promise<void> {
  let before = part.innerHTML;
  while (part.dataset["refresh"] !== undefined) {
    await pause(Number(part.dataset["refresh"]) * 1000);
    if (document.hidden || part.contains(document.activeElement) || part.querySelector("details[open]") !== null) {
      continue;
    }
    const now = await fetchPart(part.id);
    if (now === undefined) {
      continue;
    }
    if (now === "gone") {
      window.location.reload();
      return;
    }
    if (now.dataset["refresh"] === undefined) {
      if (part.dataset["refreshPage"] !== undefined) {
        window.location.reload();
        return;
      }
      delete part.dataset["refresh"];
    }
    if (now.innerHTML !== before) {
      before = now.innerHTML;
      part.replaceChildren(...now.childNodes);
      localTimes(part);
      confirmForms(part);
      focusScrollers(part);
    }
  }
}

// What the server shows in that place now: nothing when it does not answer, "gone" when the page has no such part any more.
async function fetchPart(id: string): Promise<HTMLElement | "gone" | undefined> {
  try {
    const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
    // Led elsewhere: the login has ended, and what somebody is typing is not to be lost.
    if (!answer.ok || answer.redirected) {
      return undefined;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.getElementById(id) ?? "gone";
  } catch {
    return undefined;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
