// The log on a job's page: lines that come, search among those that are shown, only stderr, and following the end.

import { visible } from "../dom/visible";

// More lines than this would make the page slow; the page of the log has all of them.
const MOST_LINES = 2000;

export interface LogEvent {
  number: number;
  is_stderr: boolean;
  seconds: number;
  text: string;
}

export class LogView {
  private search = "";
  private onlyStderr = false;
  private last: number;
  private dropped = 0;
  private waiting: LogEvent[] = [];
  private readonly follow: HTMLInputElement | null;
  private readonly count: HTMLElement | null;

  static find(root: Document): LogView | null {
    const box = root.querySelector<HTMLElement>("[data-log]");
    const tools = root.querySelector<HTMLElement>("[data-log-tools]");
    return box === null || tools === null ? null : new LogView(root, box, tools);
  }

  private constructor(
    private readonly root: Document,
    private readonly box: HTMLElement,
    tools: HTMLElement,
  ) {
    tools.hidden = false;
    this.follow = tools.querySelector("[data-log-follow]");
    this.count = tools.querySelector("[data-log-count]");
    this.last = Number((box.lastElementChild as HTMLElement | null)?.dataset["number"] ?? 0);
    tools.querySelector<HTMLInputElement>("[data-log-search]")?.addEventListener("input", (event) => {
      this.search = (event.target as HTMLInputElement).value.toLowerCase();
      this.filter();
    });
    tools.querySelector<HTMLInputElement>("[data-log-stderr]")?.addEventListener("change", (event) => {
      this.onlyStderr = (event.target as HTMLInputElement).checked;
      this.filter();
    });
    // Whoever scrolls back reads; at the end they follow again.
    box.addEventListener("scroll", () => {
      if (this.follow !== null) {
        this.follow.checked = this.isAtEnd();
      }
    });
    this.follow?.addEventListener("change", () => this.scroll());
    this.scroll();
  }

  // Lines that come at once are added at once, so that a flood costs one layout.
  add(line: LogEvent): void {
    if (line.number <= this.last) {
      return;
    }
    this.last = line.number;
    if (this.waiting.push(line) === 1) {
      window.requestAnimationFrame(() => this.flush());
    }
    if (this.waiting.length > MOST_LINES) {
      this.waiting.shift();
      this.dropped += 1;
    }
  }

  // Another attempt begins its log anew.
  clear(): void {
    this.waiting = [];
    this.last = 0;
    this.dropped = 0;
    this.box.replaceChildren();
  }

  private flush(): void {
    const rows = this.waiting.map((line) => this.row(line));
    this.waiting = [];
    this.root.querySelector("[data-log-empty]")?.remove();
    this.box.append(...rows);
    while (this.box.childElementCount > MOST_LINES) {
      this.box.firstElementChild?.remove();
      this.dropped += 1;
    }
    for (const row of rows) {
      this.show(row);
    }
    this.tell();
    this.scroll();
  }

  private row(line: LogEvent): HTMLElement {
    const row = this.root.createElement("div");
    row.className = line.is_stderr ? "line stderr" : "line";
    row.dataset["number"] = String(line.number);
    const at = this.root.createElement("span");
    at.className = "at";
    at.title = `Line ${line.number}`;
    at.textContent = line.seconds.toFixed(2);
    const text = this.root.createElement("span");
    text.className = "text";
    text.textContent = visible(line.text);
    row.append(at, text);
    return row;
  }

  private filter(): void {
    for (const row of this.box.children) {
      this.show(row as HTMLElement);
    }
    this.tell();
    this.scroll();
  }

  private show(row: HTMLElement): void {
    const isWanted = !this.onlyStderr || row.classList.contains("stderr");
    const text = row.querySelector(".text")?.textContent ?? "";
    row.hidden = !isWanted || (this.search !== "" && !text.toLowerCase().includes(this.search));
  }

  private tell(): void {
    if (this.count === null) {
      return;
    }
    const all = this.box.childElementCount;
    const shown = this.box.querySelectorAll(".line:not([hidden])").length;
    const filtered = shown === all ? "" : `${shown} of ${all} lines fit. `;
    const earlier = this.dropped === 0 ? "" : `${this.dropped} earlier lines are not on this page any more: see all lines.`;
    this.count.textContent = filtered + earlier;
  }

  private isAtEnd(): boolean {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < 40;
  }

  private scroll(): void {
    if (this.follow?.checked ?? false) {
      this.box.scrollTop = this.box.scrollHeight;
    }
  }
}
