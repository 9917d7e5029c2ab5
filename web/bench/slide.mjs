// A made slide, and how long its viewer takes to show it.

import { deflateSync } from "node:zlib";

const TILE = 512;
// Two numbers each, beside the directory.
const RATIONAL = 5;
const OFFSETS = 324;

// A tiled TIFF of one level, grey, deflate (TIFF 6.0, section 15; compression 8): tissue with noise, `side` pixels square.
export function slide(side) {
  const across = side / TILE;
  const tiles = [];
  let seed = 2463534242;
  for (let number = 0; number < across * across; number++) {
    const pixels = Buffer.alloc(TILE * TILE);
    const [left, top] = [(number % across) * TILE, Math.floor(number / across) * TILE];
    for (let place = 0; place < pixels.length; place++) {
      seed ^= seed << 13;
      seed ^= seed >>> 17;
      seed ^= seed << 5;
      const [x, y] = [left + (place % TILE), top + Math.floor(place / TILE)];
      const isTissue = (x / side - 0.5) ** 2 + (y / side - 0.5) ** 2 < 0.16;
      pixels[place] = isTissue ? 120 + ((seed >>> 8) % 64) : 240;
    }
    tiles.push(deflateSync(pixels, { level: 1 }));
  }
  return tiff(side, tiles);
}

function tiff(side, tiles) {
  const entries = [
    [256, 4, [side]],
    [257, 4, [side]],
    [258, 3, [8]],
    [259, 3, [8]],
    [262, 3, [1]],
    [277, 3, [1]],
    // 0.5 µm: 20,000 pixels in a centimetre.
    [282, RATIONAL, [20_000, 1]],
    [283, RATIONAL, [20_000, 1]],
    [296, 3, [3]],
    [322, 3, [TILE]],
    [323, 3, [TILE]],
    [OFFSETS, 4, tiles.map(() => 0)],
    [325, 4, tiles.map((tile) => tile.length)],
  ];
  const directory = 2 + entries.length * 12 + 4;
  const lists = 8 + directory;
  const listed = 8 * tiles.length + 2 * 8;
  let at = lists + listed;
  entries.find(([tag]) => tag === OFFSETS)[2] = tiles.map((tile) => {
    const start = at;
    at += tile.length;
    return start;
  });
  const head = Buffer.alloc(lists + listed);
  head.write("II*\0", 0, "latin1");
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(entries.length, 8);
  let beside = lists;
  for (const [number, [tag, type, values]] of entries.entries()) {
    const place = 10 + number * 12;
    head.writeUInt16LE(tag, place);
    head.writeUInt16LE(type, place + 2);
    head.writeUInt32LE(type === RATIONAL ? 1 : values.length, place + 4);
    if (values.length === 1) {
      head.writeUInt32LE(values[0], place + 8);
      continue;
    }
    head.writeUInt32LE(beside, place + 8);
    for (const value of values) {
      head.writeUInt32LE(value, beside);
      beside += 4;
    }
  }
  return Buffer.concat([head, ...tiles]);
}

// Milliseconds from the request of the page until the slide is seen (the picture in the page, or what the viewer draws), and
// until the viewer has drawn all that the window shows.
export async function ofSlide(server, image, patience) {
  const { browser, page } = await server.browser("webgl");
  try {
    await page.addInitScript(() => {
      globalThis.measured = {};
      const look = () => {
        const still = document.querySelector(".still img");
        if (still?.complete && still.naturalWidth > 0) globalThis.measured.first ??= performance.now();
        const ready = document.querySelector("slide-viewer")?.dataset.ready;
        if (ready) globalThis.measured.first ??= performance.now();
        if (ready === "full") globalThis.measured.full = performance.now();
        else requestAnimationFrame(look);
      };
      look();
    });
    await page.goto(`images/${image}/`, { waitUntil: "commit", timeout: patience });
    await page.waitForFunction(() => globalThis.measured.full, null, { timeout: patience });
    return await page.evaluate(() => globalThis.measured);
  } finally {
    await browser.close();
  }
}
