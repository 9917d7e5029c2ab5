// A job's page while the job goes on: `<… data-job-events="URL">`. Lines of the log are added as they come, and the page is
// loaded anew when the state changes, so that the server alone knows what a state looks like.

interface LogEvent {
  number: number;
  is_stderr: boolean;
  seconds: number;
  text: string;
}

interface StateEvent {
  state: string;
}

export function followJob(root: ParentNode): void {
  const place = root.querySelector<HTMLElement>("[data-job-events]");
  if (place === null) {
    return;
  }
  const url = place.dataset["jobEvents"] ?? "";
  const shown = place.dataset["jobState"];
  const log = root.querySelector<HTMLElement>("[data-job-log]");
  let last = Number(log?.dataset["jobLog"] ?? 0);
  const events = new EventSource(url);
  events.addEventListener("log", (event) => {
    const line = JSON.parse((event as MessageEvent<string>).data) as LogEvent;
    if (log !== null && line.number > last) {
      last = line.number;
      append(log, line);
    }
  });
  events.addEventListener("state", (event) => {
    const told = JSON.parse((event as MessageEvent<string>).data) as StateEvent;
    place.dataset["jobLast"] = told.state;
  });
  events.addEventListener("end", () => {
    events.close();
    window.location.reload();
  });
  // Earlier states come first, so only the one that is still the last after a moment without another counts.
  let settled = 0;
  events.addEventListener("state", () => {
    window.clearTimeout(settled);
    settled = window.setTimeout(() => {
      if (place.dataset["jobLast"] !== shown) {
        events.close();
        window.location.reload();
      }
    }, 150);
  });
}

function append(log: HTMLElement, line: LogEvent): void {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const row = document.createElement("div");
  row.className = line.is_stderr ? "line stderr" : "line";
  const at = document.createElement("span");
  at.className = "at";
  at.textContent = line.seconds.toFixed(2);
  const text = document.createElement("span");
  text.className = "text";
  text.textContent = line.text;
  row.append(at, text);
  log.append(row);
  if (atEnd) {
    log.scrollTop = log.scrollHeight;
  }
}
