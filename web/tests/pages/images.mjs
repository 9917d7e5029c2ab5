// Images: uploaded many at a time, each refusal named, found again, deleted.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Visitor, launch } from "./harness/browser.mjs";
import { Gantry, ROOT } from "./harness/gantry.mjs";
import { look } from "./harness/look.mjs";

const head = await readFile(join(ROOT, "fixtures/head-mr.mha"));

let gantry;
let browser;

before(async () => {
  [gantry, browser] = await Promise.all([Gantry.start(), launch()]);
});

after(async () => {
  await browser?.close();
  await gantry?.stop();
});

test("uploaded images are pictures that are found by name and deleted, and what was refused says why", async () => {
  const somebody = await Visitor.open(browser, gantry);
  await somebody.login("admin", gantry.password);
  const { page } = somebody;
  await somebody.go("/images/");
  await look(page);
  const file = (name, buffer = head) => ({ name, mimeType: "application/octet-stream", buffer });
  await page.setInputFiles("#files", [file("left.mha"), file("right.mha"), file("torn.mha", head.subarray(0, 5000))]);
  await page.getByText("✓").nth(2).waitFor();
  await somebody.press("Upload");
  // The page loads itself again once everything is read.
  await page.getByText("2 images, 1 refused").waitFor();
  await page.locator(".gallery li").nth(1).waitFor();
  assert.match(await page.locator("#imports-live ul ul").innerText(), /torn\.mha/);
  await page.waitForFunction(() => [...document.querySelectorAll(".gallery img")].every((image) => image.naturalWidth > 0));
  await look(page);

  await page.getByLabel("Name", { exact: true }).fill("LEF");
  await somebody.press("Search");
  assert.deepEqual(await page.locator(".gallery a").allInnerTexts(), ["left.mha"]);
  await somebody.press("Delete left.mha");
  await page.getByText("The image is deleted.").waitFor();
  assert.deepEqual(await page.locator(".gallery a").allInnerTexts(), ["right.mha"]);
  await page.getByRole("link", { name: "right.mha" }).click();
  await page.locator("volume-viewer[data-ready]").waitFor();
  await look(page);
  await somebody.close();
});

test("without JavaScript a file in the form becomes an image", async () => {
  const plain = await Visitor.open(browser, gantry, { javaScriptEnabled: false });
  await plain.login("admin", gantry.password);
  await plain.go("/images/");
  await plain.page.setInputFiles("#files", [{ name: "plain.mha", mimeType: "application/octet-stream", buffer: head }]);
  await plain.press("Upload");
  while ((await plain.page.locator(".gallery a", { hasText: "plain.mha" }).count()) === 0) await plain.page.reload();
  await plain.close();
});
