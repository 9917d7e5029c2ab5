// What scrolls sideways can be scrolled with the keyboard too.

export function focusScrollers(root: ParentNode): void {
  for (const one of root.querySelectorAll<HTMLElement>(".scroll, .rendered, pre")) {
    if (one.scrollWidth > one.clientWidth && !one.hasAttribute("tabindex")) {
      one.tabIndex = 0;
    }
  }
}
