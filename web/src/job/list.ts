// A list of jobs of which some go on: their rows are drawn anew by the server now and then, while somebody looks.
import { localTimes } from "../page/local-times";

const EVERY = 4000;

export function followList(root: Document): void {
  const table = root.querySelector<HTMLElement>("[data-jobs]");
  if (table === null) {
    return;
  }
  const timer = window.setInterval(() => {
    if (table.querySelector("[data-active]") === null) {
      window.clearInterval(timer);
    } else if (!root.hidden && !table.contains(root.activeElement)) {
      void draw(table);
    }
  }, EVERY);
}

async function draw(table: HTMLElement): Promise<void> {
  try {
    const answer = await fetch(window.location.href);
    if (!answer.ok) {
      return;
    }
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = parsed.querySelector("[data-jobs] tbody");
    if (fresh !== null) {
      localTimes(fresh);
      table.querySelector("tbody")?.replaceWith(fresh);
    }
  } catch {
    // The next look may find the server again.
  }
}
