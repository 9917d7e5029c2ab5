// Follows a job by server-sent events. States change the small part of the page that tells them, which the server draws; lines
// are added to the log. At the end the whole page is loaded once: it is then one of a job that has ended, which is not followed.
import { localTimes } from "../page/local-times";
import { type LogEvent, type LogView } from "./log";
import { tick } from "./ticking";

// A place in the queue changes without an event of the job.
const LOOK_AGAIN = 5000;

export function followJob(root: Document, log: LogView | null): void {
  const place = root.querySelector<HTMLElement>("[data-follow]");
  const events = place?.dataset["follow"] ?? "";
  if (place === null || events === "") {
    return;
  }
  const live = new LivePart(place);
  tick(place);
  const source = new EventSource(events);
  source.addEventListener("state", () => void live.draw());
  source.addEventListener("attempt", () => log?.clear());
  source.addEventListener("log", (event) => log?.add(JSON.parse((event as MessageEvent<string>).data) as LogEvent));
  source.addEventListener("end", () => {
    source.close();
    live.end(root);
  });
  window.setInterval(() => {
    if (!root.hidden && live.isQueued()) {
      void live.draw();
    }
  }, LOOK_AGAIN);
}

class LivePart {
  private isDrawing = false;
  private isStale = false;
  private hasEnded = false;

  constructor(private readonly place: HTMLElement) {}

  isQueued(): boolean {
    return this.place.querySelector('[data-state="queued"], [data-state="validating"]') !== null;
  }

  // One at a time; what changed meanwhile is drawn after.
  async draw(): Promise<void> {
    if (this.isDrawing || this.hasEnded) {
      this.isStale = true;
      return;
    }
    this.isDrawing = true;
    try {
      const answer = await fetch(this.place.dataset["live"] ?? "");
      if (answer.ok && !this.hasEnded) {
        const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = parsed.querySelector("#job-live");
        if (fresh !== null) {
          this.place.querySelector("#job-live")?.replaceWith(fresh);
          localTimes(this.place);
        }
      }
    } catch {
      // The connection is gone; the event source opens it again, and the next event draws.
    }
    this.isDrawing = false;
    if (this.isStale) {
      this.isStale = false;
      await this.draw();
    }
  }

  // Whatever somebody has begun to type must not be lost.
  end(root: Document): void {
    this.hasEnded = true;
    const typed = [...root.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("main textarea, main input:not([type])")];
    if (typed.every((field) => field.value === field.defaultValue)) {
      window.location.reload();
      return;
    }
    const notice = root.createElement("p");
    const link = root.createElement("a");
    notice.className = "notice good";
    notice.setAttribute("role", "status");
    link.href = window.location.pathname;
    link.textContent = "Show the result";
    notice.append("The job has ended. ", link, " (what you have typed is not saved yet)");
    this.place.append(notice);
  }
}
