// <slide-viewer>: pixels at known places of a slide with a mask and a heat map.

import assert from "node:assert/strict";
import { near } from "../checks.mjs";
import { mixed } from "./volume_page.mjs";

const ORANGE = [230, 159, 0];
// The two colours of the slide, as far as JPEG keeps them.
const DARK = [120, 60, 140];
const LIGHT = [200, 150, 180];

export async function slides(server, facts, checks) {
  const { browser, context, page, problems } = await server.browser("canvas");
  // Pictures are read where no policy of ours forbids it.
  const reader = await context.newPage();
  const { images } = facts;
  const viewer = page.locator("slide-viewer");
  const open = async (path) => {
    await page.goto(path);
    await page.waitForSelector('slide-viewer:is([data-ready="full"], [data-ready="error"])', { timeout: 120_000 });
    assert.equal(await viewer.getAttribute("data-ready"), "full");
  };
  // What people see at a point, mm.
  const colour = async (x, y) => {
    const place = await viewer.evaluate((viewer, [x, y]) => viewer.place(x, y), [x, y]);
    const shot = await page.screenshot({ clip: { x: place.x - 1, y: place.y - 1, width: 3, height: 3 } });
    return await reader.evaluate(async (bytes) => {
      const picture = await createImageBitmap(await (await fetch(bytes)).blob());
      const context = new OffscreenCanvas(3, 3).getContext("2d");
      context.drawImage(picture, 0, 0);
      return [...context.getImageData(1, 1, 1, 1).data.slice(0, 3)];
    }, `data:image/png;base64,${shot.toString("base64")}`);
  };
  const still = () => page.waitForFunction(() => document.querySelector("slide-viewer").dataset.ready === "full");

  await checks.run("a slide: colours at known millimetres, and how large a pixel is", async () => {
    await open(`images/${images.slide}/`);
    near(await colour(0.2, 0.2), DARK, 12, "upper left");
    near(await colour(0.8, 0.8), LIGHT, 12, "lower right");
    const said = await viewer.locator(".readout").textContent();
    assert.match(said, /µm per screen pixel/);
    assert.match(await viewer.locator(".bar").textContent(), /µm/);
  });

  await checks.run("a mask of a quarter of the pixels covers what it should", async () => {
    await open(`images/${images.slide}/?over=${images.mask}`);
    assert.match(await viewer.locator(".aligned").textContent(), /covers what the image covers/);
    near(await colour(0.1, 0.1), mixed(ORANGE, DARK, 0.5), 14, "inside");
    // Two pixels of the mask on either side of its edge.
    near(await colour(0.254, 0.1), mixed(ORANGE, DARK, 0.5), 30, "inside of the edge");
    near(await colour(0.27, 0.1), DARK, 16, "outside of the edge");
    near(await colour(0.4, 0.4), DARK, 14, "outside");
    await viewer.locator('input[data-label="1"]').uncheck();
    await page.waitForFunction(
      () => performance.getEntriesByType("resource").some((entry) => /role=labels&hidden=1/.test(entry.name)),
    );
    await still();
    await viewer.locator('section.layer input[name="shown"]').nth(1).uncheck();
    await viewer.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    near(await colour(0.1, 0.1), DARK, 14, "without the mask");
  });

  await checks.run("a heat map of floats has the colours of its table", async () => {
    await open(`images/${images.slide}/?over=${images.warm}`);
    const [red, green, blue] = await colour(0.9, 0.9);
    assert.ok(red > blue + 30 && green > blue + 30, `${red} ${green} ${blue}`);
    near(await colour(0.1, 0.1), DARK, 14, "below the threshold");
  });

  await checks.run("keys: larger, smaller, the whole slide, help", async () => {
    await open(`images/${images.slide}/`);
    const zoom = async () => Number(await viewer.getAttribute("data-zoom"));
    const whole = await zoom();
    await viewer.locator(".openseadragon-canvas").first().focus();
    await page.keyboard.press("+");
    await page.waitForFunction((whole) => Number(document.querySelector("slide-viewer").dataset.zoom) > whole * 1.5, whole);
    await page.keyboard.press("r");
    await page.waitForFunction((whole) => Number(document.querySelector("slide-viewer").dataset.zoom) < whole * 1.01, whole);
    await page.keyboard.press("?");
    assert.equal(await viewer.locator("dialog[open]").count(), 1);
    await page.keyboard.press("Escape");
  });

  await checks.run("no page of a slide complained", () => assert.deepEqual(problems, []));
  await browser.close();
}
