// On a narrow screen the tabs scroll sideways; the one that is shown should be in sight.

export function showTab(root: ParentNode): void {
  for (const tab of root.querySelectorAll<HTMLElement>(".tabs [aria-current], .bar nav [aria-current]")) {
    const bar = tab.parentElement;
    if (bar !== null) {
      bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.clientWidth) / 2;
    }
  }
}
