// On a narrow screen the tabs scroll sideways; the one that is shown should be in sight.

export function showTab(root: ParentNode): void {
  const tab = root.querySelector<HTMLElement>(".tabs [aria-current]");
  const bar = tab?.parentElement;
  if (tab !== null && bar !== null && bar !== undefined) {
    bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.clientWidth) / 2;
  }
}
