// The volume viewer beside NiiVue: the same file, the same Chromium without a graphics card, in turns.
//
// usage: node viewers.mjs [ROUNDS]
//
// Gantry is a server of its own over TLS with a login, as it is used, NiiVue's page comes from a plain file server. Each
// round is a new browser with nothing in its cache; milliseconds run from the request of the page until a pixel of the
// picture can be read back.

import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { build } from "vite";
import { launch } from "../tests/pages/harness/browser.mjs";
import { Gantry } from "../tests/pages/harness/gantry.mjs";
import { Server } from "../tests/server.mjs";
import { ofSlide, slide } from "./slide.mjs";

const ROUNDS = Number(process.argv[2] ?? 3);
const SIZE = [256, 256, 200];
const SIDE = 8192;
const PATIENCE = 300_000;
const folder = await mkdtemp(join(tmpdir(), "gantry-bench-"));
const volume = join(folder, "volume.mha");
await writeFile(volume, phantom());
const pyramid = join(folder, "slide.tif");
await writeFile(pyramid, slide(SIDE));
const files = await niivue(join(folder, "niivue"));
const gantry = await Gantry.start();
const plain = await serve(files);
try {
  const server = await new Server(`${gantry.base}/`, "admin", gantry.password).login();
  const image = await server.upload(volume);
  // Whoever looks first waits for the server to read the file; it keeps what it has read.
  const cold = await ofGantry(server, image);
  const ours = [];
  const theirs = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await ofGantry(server, image));
    theirs.push(await ofNiivue(plain.address().port));
  }
  const size = { gantry: await ourSize(server, image), niivue: sizeOf(files) };
  print({ cold, ours, theirs }, size, (await readFile(volume)).length);
  const large = await server.upload(pyramid);
  const slides = [];
  for (let round = 0; round <= ROUNDS; round++) slides.push(await ofSlide(server, large, PATIENCE));
  printSlide(slides);
} finally {
  plain.close();
  await gantry.stop();
  await rm(folder, { recursive: true, force: true });
}

// A chest of ellipsoids with noise, as compressed MetaImage: 16 bits, and always the same.
function phantom() {
  const [nx, ny, nz] = SIZE;
  const voxels = new Int16Array(nx * ny * nz);
  let seed = 2463534242;
  const noise = () => {
    // Marsaglia's xorshift: a weaker one has patterns that compress.
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return ((seed >>> 8) % 41) - 20;
  };
  const within = (x, y, z, [mx, my, mz, rx, ry, rz]) =>
    ((x - mx) / rx) ** 2 + ((y - my) / ry) ** 2 + ((z - mz) / rz) ** 2 < 1;
  let place = 0;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const isBody = within(x, y, 0, [128, 128, 0, 109, 79, 1]);
        const isLung = [82, 174].some((mx) => within(x, y, z, [mx, 125, 100, 33, 49, 95]));
        voxels[place++] = (isLung ? -850 : isBody ? 40 : -1000) + noise();
      }
    }
  }
  const packed = deflateSync(Buffer.from(voxels.buffer), { level: 6 });
  const header = `ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
CompressedData = True
CompressedDataSize = ${packed.length}
TransformMatrix = 1 0 0 0 1 0 0 0 1
Offset = 0 0 0
CenterOfRotation = 0 0 0
AnatomicalOrientation = RAI
ElementSpacing = 1.4 1.4 1.5
DimSize = ${SIZE.join(" ")}
ElementType = MET_SHORT
ElementDataFile = LOCAL
`;
  return Buffer.concat([Buffer.from(header), packed]);
}

// The page of NiiVue as one would publish it: names and bytes.
async function niivue(outDir) {
  const input = join(import.meta.dirname, "niivue.html");
  await build({
    root: import.meta.dirname,
    logLevel: "error",
    configFile: false,
    build: { outDir, target: "es2022", emptyOutDir: true, rollupOptions: { input } },
  });
  const found = new Map();
  for (const name of await readdir(outDir, { recursive: true })) {
    const bytes = await readFile(join(outDir, name)).catch(() => null);
    if (bytes !== null) found.set(`/${name}`, bytes);
  }
  found.set("/volume.mha", await readFile(volume));
  return found;
}

function serve(found) {
  const types = { html: "text/html", js: "text/javascript", mha: "application/octet-stream", css: "text/css" };
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://here").pathname;
    const bytes = found.get(path);
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    const isText = !path.endsWith(".mha");
    const type = types[path.split(".").at(-1)] ?? "text/plain";
    response.writeHead(200, { "content-type": type, ...(isText ? { "content-encoding": "gzip" } : {}) });
    response.end(isText ? gzipSync(bytes, { level: 9 }) : bytes);
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

// Bytes on the wire and memory of a page, told by the browser.
async function watched(page) {
  const session = await page.context().newCDPSession(page);
  let bytes = 0;
  session.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  await session.send("Network.enable");
  const heap = async () => {
    await session.send("HeapProfiler.collectGarbage");
    const used = await session.send("Runtime.getHeapUsage");
    return used.usedSize + (used.backingStorageSize ?? 0);
  };
  return { bytes: () => bytes, heap };
}

async function ofGantry(server, image) {
  const { browser, page } = await server.browser("webgl");
  try {
    await page.addInitScript(() => {
      globalThis.measured = {};
      // Draws and reads a pixel; the commands before are done then.
      const done = (viewer) => viewer.colour("axial", viewer.dataset.mm.split(",").map(Number)) !== null;
      const look = () => {
        const still = document.querySelector(".still img");
        if (still?.complete && still.naturalWidth > 0) globalThis.measured.still ??= performance.now();
        const viewer = document.querySelector("volume-viewer");
        const ready = viewer?.dataset.ready;
        if (ready && !globalThis.measured.first && done(viewer)) globalThis.measured.first = performance.now();
        if (ready === "full" && done(viewer)) globalThis.measured.full = performance.now();
        else requestAnimationFrame(look);
      };
      look();
    });
    const watch = await watched(page);
    await page.goto(`images/${image}/`, { waitUntil: "commit", timeout: PATIENCE });
    await page.waitForFunction(() => globalThis.measured.full && globalThis.measured.still, null, { timeout: PATIENCE });
    const times = await page.evaluate(() => globalThis.measured);
    return { ...times, first: Math.min(times.still, times.first), bytes: watch.bytes(), heap: await watch.heap() };
  } finally {
    await browser.close();
  }
}

async function ofNiivue(port) {
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const watch = await watched(page);
    await page.goto(`http://127.0.0.1:${port}/niivue.html`, { waitUntil: "commit", timeout: PATIENCE });
    await page.waitForFunction(() => globalThis.measured?.full, null, { timeout: PATIENCE });
    const { full } = await page.evaluate(() => globalThis.measured);
    return { first: full, full, bytes: watch.bytes(), heap: await watch.heap() };
  } finally {
    await browser.close();
  }
}

// Scripts of the page with the viewer, gzip; what the program carries is packed so.
async function ourSize(server, image) {
  const { browser, page } = await server.browser("webgl");
  try {
    let bytes = 0;
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    const scripts = new Set();
    session.on("Network.responseReceived", (event) => event.type === "Script" && scripts.add(event.requestId));
    session.on("Network.dataReceived", (event) => scripts.has(event.requestId) && (bytes += event.encodedDataLength));
    await page.goto(`images/${image}/`, { timeout: PATIENCE });
    await page.waitForSelector("volume-viewer[data-ready]", { timeout: PATIENCE });
    return bytes;
  } finally {
    await browser.close();
  }
}

function sizeOf(found) {
  const scripts = [...found].filter(([name]) => name.endsWith(".js"));
  return scripts.reduce((sum, [, bytes]) => sum + gzipSync(bytes, { level: 9 }).length, 0);
}

function print({ cold, ours, theirs }, size, fileBytes) {
  const median = (runs, name) => runs.map((run) => run[name]).sort((a, b) => a - b)[Math.floor(runs.length / 2)];
  const ms = (value) => `${Math.round(value)} ms`;
  const mb = (value) => `${(value / 1e6).toFixed(1)} MB`;
  const kb = (value) => `${(value / 1e3).toFixed(1)} kB`;
  const rows = [
    ["first picture", ms(median(ours, "first")), ms(median(theirs, "first"))],
    ["first picture, nobody has looked at the image before", ms(cold.first), ms(theirs[0].first)],
    ["the whole volume", ms(median(ours, "full")), ms(median(theirs, "full"))],
    ["bytes fetched", mb(median(ours, "bytes")), mb(median(theirs, "bytes"))],
    ["memory of the page (JavaScript and its buffers)", mb(median(ours, "heap")), mb(median(theirs, "heap"))],
    ["scripts, gzip", kb(size.gantry), kb(size.niivue)],
  ];
  console.log(`A CT of ${SIZE.join(" × ")} voxels, 16 bits, ${mb(fileBytes)} as compressed MetaImage; medians of ${ROUNDS} rounds:\n`);
  console.log("| | Gantry | NiiVue |\n|---|---|---|");
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
  for (const [what, name, goal] of [
    ["first picture of a volume in a browser", "first", 0.5],
    ["a whole volume in a browser", "full", 1.0],
  ]) note(what, median(ours, name), median(theirs, name), goal);
}

// A line for the one table of `./dev bench`, as the other benchmarks write them (crates/container/benches/figures/note.rs).
function note(what, ours, theirs, goal) {
  const path = process.env.GANTRY_BENCH_FIGURES;
  if (!path) return;
  const beside = [{ name: "NiiVue", ms: theirs, goal, is_limit: false }];
  appendFileSync(path, `${JSON.stringify({ what, ms: ours, beside })}\n`);
}

function printSlide([cold, ...later]) {
  const median = (name) => later.map((run) => run[name]).sort((a, b) => a - b)[Math.floor(later.length / 2)];
  const ms = (value) => `${Math.round(value)} ms`;
  console.log(`\nA slide of ${SIDE} × ${SIDE} pixels; medians of ${later.length} rounds:\n`);
  console.log("| | first | later |\n|---|---|---|");
  console.log(`| first view | ${ms(cold.first)} | ${ms(median("first"))} |`);
  console.log(`| everything that the window shows | ${ms(cold.full)} | ${ms(median("full"))} |`);
}
