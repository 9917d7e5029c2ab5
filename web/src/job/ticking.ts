// Times that go on: `data-since` on a text or on a bar.

export function tick(root: ParentNode): void {
  window.setInterval(() => {
    for (const place of root.querySelectorAll<HTMLElement>("[data-since]")) {
      const seconds = (Date.now() - Date.parse(place.dataset["since"] ?? "")) / 1000;
      if (Number.isNaN(seconds)) {
        continue;
      }
      if (place instanceof HTMLProgressElement) {
        place.value = Math.min(seconds, place.max);
      } else {
        place.textContent = words(Math.max(0, seconds));
      }
    }
  }, 1000);
}

function words(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
