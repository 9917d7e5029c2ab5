// Looks at a page as different people do: with assistive technology, in the dark, on a phone.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SERIOUS = ["serious", "critical"];

const PHONE = { width: 390, height: 844 };

// Light and dark, as wide as it is and as wide as a phone: by axe each, the phone also by the scroll bar. `page` is where
// it should be, and stays there.
export async function look(page) {
  const size = page.viewportSize();
  for (const view of [size, PHONE]) {
    await page.setViewportSize(view);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await accessible(page, `${colorScheme}, ${view.width} px`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await fits(page);
  await page.setViewportSize(size);
}

async function accessible(page, seen) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const serious = found.violations.filter((one) => SERIOUS.includes(one.impact));
  const said = serious.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
  assert.deepEqual(said, [], `${page.url()}, ${seen}`);
}

async function fits(page) {
  const over = await page.evaluate(() => {
    const root = document.documentElement;
    const widest = [...document.querySelectorAll("main *")]
      .filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1 && one.closest(".scroll, .tabs, nav, pre, .log") === null)
      .map((one) => one.outerHTML.slice(0, 120));
    return { by: root.scrollWidth - root.clientWidth, widest: widest.slice(0, 3) };
  });
  assert.equal(over.by <= 0, true, `${page.url()} scrolls sideways by ${over.by} px: ${over.widest.join(" | ")}`);
}
