// One field of files: a list with progress, and hidden fields with the ids of what has arrived.
import { visible } from "../dom/visible";
import { sendFile } from "./send";

export class UploadField {
  private readonly name: string;
  private readonly list = document.createElement("ul");
  private readonly form: HTMLFormElement | null;

  constructor(private readonly input: HTMLInputElement) {
    this.name = input.name;
    this.form = input.form;
    this.list.className = "uploads";
    this.list.setAttribute("aria-live", "polite");
    input.insertAdjacentElement("afterend", this.list);
    input.addEventListener("change", () => {
      this.add([...(input.files ?? [])]);
      input.value = "";
    });
  }

  add(files: File[]): void {
    if (!this.input.multiple) {
      this.list.replaceChildren();
    }
    for (const file of this.input.multiple ? files : files.slice(0, 1)) {
      void this.send(file);
    }
  }

  private async send(file: File): Promise<void> {
    const row = document.createElement("li");
    const label = document.createElement("span");
    const progress = document.createElement("progress");
    const remove = document.createElement("button");
    const stop = new AbortController();
    label.textContent = visible(`${file.name} (${size(file.size)})`);
    progress.max = 1;
    progress.value = 0;
    progress.setAttribute("aria-label", file.name);
    remove.type = "button";
    remove.className = "quiet small";
    remove.textContent = "Remove";
    remove.addEventListener("click", () => {
      stop.abort();
      row.remove();
      this.settle();
    });
    row.dataset["uploading"] = "";
    row.append(label, progress, remove);
    this.list.append(row);
    this.settle();
    const token = this.form?.querySelector<HTMLInputElement>('input[name="csrf"]')?.value ?? "";
    try {
      const id = await sendFile(file, token, stop.signal, (done) => {
        progress.value = done;
      });
      const hidden = document.createElement("input");
      hidden.type = "hidden";
      hidden.name = `upload:${this.name}`;
      hidden.value = id;
      progress.replaceWith(hidden, document.createTextNode(" ✓ "));
    } catch (problem) {
      if (!stop.signal.aborted) {
        progress.remove();
        const said = document.createElement("span");
        said.className = "problem";
        said.setAttribute("role", "alert");
        said.textContent = ` ${problem instanceof Error ? problem.message : String(problem)}`;
        label.after(said);
      }
    }
    delete row.dataset["uploading"];
    this.settle();
  }

  // A form waits for its files; a required field is filled once one has arrived.
  private settle(): void {
    const waits = this.form?.querySelector("[data-uploading]") !== null;
    for (const button of this.form?.querySelectorAll<HTMLButtonElement>("button:not([type=button])") ?? []) {
      button.disabled = waits;
    }
    const isFilled = this.list.querySelector('input[type="hidden"]') !== null;
    if (this.input.required || this.input.dataset["required"] !== undefined) {
      this.input.dataset["required"] = "";
      this.input.required = !isFilled;
    }
    this.input.dispatchEvent(new CustomEvent("uploaded", { bubbles: true }));
  }
}

function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${units[unit] ?? ""}`;
}
