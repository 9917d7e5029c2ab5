// The screenshots of README and docs, taken of a real server: a job on a real image, with its overlay.
//
// usage: node pictures.mjs FOLDER

import { mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { otsu } from "./pages/harness/algorithm.mjs";
import { Visitor, launch } from "./pages/harness/browser.mjs";
import { Gantry, ROOT } from "./pages/harness/gantry.mjs";

// Bytes of one picture.
const LARGEST = 300_000;

const folder = resolve(process.argv[2] ?? join(ROOT, "docs/pictures"));
await mkdir(folder, { recursive: true });
const gantry = await Gantry.start();
const browser = await launch();
try {
  await otsu(gantry);
  await gantry.client("submit", "otsu", "--input", `mri=${join(ROOT, "fixtures/head-mr.mha")}`, "--wait");
  const visitor = await Visitor.open(browser, gantry, { viewport: { width: 1280, height: 1290 } });
  await visitor.login("admin", gantry.password);
  await visitor.go("/jobs/");
  const job = await visitor.page.locator("tbody a[href^='/jobs/']").first().getAttribute("href");
  await visitor.go(job);
  await visitor.page.locator("volume-viewer[data-ready]").waitFor();
  const path = join(folder, "job.png");
  await visitor.page.screenshot({ path });
  await visitor.close();
  const { size } = await stat(path);
  if (size > LARGEST) throw new Error(`${path} has ${size} bytes, expected at most ${LARGEST}`);
  console.log(`${path}: ${size} bytes`);
} finally {
  await browser.close();
  await gantry.stop();
}
