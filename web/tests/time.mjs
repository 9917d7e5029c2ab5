// How soon the viewers show something: cold browsers, no graphics card, over loopback. Milliseconds from the request of
// the page to the first slice, the first picture of the viewer, and everything in full resolution.
//
// usage: node time.mjs ADDRESS PASSWORD VOLUME.mha SLIDE.tif

import { Server } from "./server.mjs";

const [address, password, volume, slide] = process.argv.slice(2);
const RUNS = 3;
const server = await new Server(address, "admin", password).login();

// Medians of several runs, each in a new browser; the server has forgotten nothing after the first.
async function measure(kind, path, element, wanted) {
  const runs = [];
  for (let run = 0; run < RUNS; run++) {
    const { browser, page } = await server.browser(kind);
    await page.addInitScript(() => {
      window.seen = {};
      const note = (name) => (window.seen[name] ??= performance.now());
      const look = () => {
        const still = document.querySelector(".still img");
        if (still?.complete && still.naturalWidth > 0) note("still");
        const ready = document.querySelector("volume-viewer, slide-viewer")?.dataset.ready;
        if (ready) note("first");
        if (ready) note(ready);
        requestAnimationFrame(look);
      };
      look();
    });
    await page.goto(path);
    await page.waitForSelector(`${element}[data-ready="full"]`, { timeout: 120_000 });
    await page.waitForFunction(() => window.seen.full && window.seen.still);
    runs.push(await page.evaluate(() => window.seen));
    await browser.close();
  }
  const median = (name) => Math.round(runs.map((run) => run[name]).sort((a, b) => a - b)[Math.floor(RUNS / 2)]);
  console.log(`${path}: ${wanted.map((name) => `${name} ${median(name)} ms`).join(", ")} (median of ${RUNS})`);
}

const [volumeId, slideId] = [await server.upload(volume), await server.upload(slide)];
await measure("webgl", `images/${volumeId}/`, "volume-viewer", ["still", "first", "full"]);
await measure("canvas", `images/${slideId}/`, "slide-viewer", ["still", "first", "full"]);
