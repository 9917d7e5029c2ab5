// Overlays that are not as they should be: in a wrong place, or damaged after they were judged.

import assert from "node:assert/strict";
import { mkdtemp, open, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";
import { Visitor, launch } from "./harness/browser.mjs";
import { container } from "./harness/container.mjs";
import { Gantry } from "./harness/gantry.mjs";
import { look } from "./harness/look.mjs";

const [WIDTH, SLICES] = [48, 20];

let gantry;
let browser;

before(async () => {
  [gantry, browser] = await Promise.all([Gantry.start(), launch()]);
});

after(async () => {
  await browser?.close();
  await gantry?.stop();
});

// A ball of this radius in a volume with this place and spacing.
function ball(radius, value, place) {
  const at = (index) => [index % WIDTH, Math.floor(index / WIDTH) % WIDTH, Math.floor(index / WIDTH ** 2)];
  const isInside = ([x, y, z]) => Math.hypot(x - WIDTH / 2, y - WIDTH / 2, 2 * (z - SLICES / 2)) < radius;
  const voxels = Buffer.from(Array.from({ length: WIDTH ** 2 * SLICES }, (_, index) => (isInside(at(index)) ? value(index) : 0)));
  const packed = deflateSync(voxels);
  const header =
    "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = True\n" +
    `CompressedDataSize = ${packed.length}\nTransformMatrix = 1 0 0 0 1 0 0 0 1\n${place}` +
    `DimSize = ${WIDTH} ${WIDTH} ${SLICES}\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n`;
  return Buffer.concat([Buffer.from(header), packed]);
}

const RIGHT = "Offset = 10 20 30\nElementSpacing = 1 1 2\n";
const FORGOTTEN = "Offset = 0 0 0\nElementSpacing = 1 1 1\n";
const scan = ball(20, (index) => 100 + ((index * 7) % 80), RIGHT);

// The page of a job of an algorithm that always gives this mask.
async function job(slug, mask) {
  const folder = await mkdtemp(join(gantry.folder, `${slug}-`));
  const manifest = `
title = "${slug}"
slug = "${slug}"

[limits]
memory = "256MB"
pids = 16
time = "1m"
disk = "64MiB"
output = "16MiB"

[[sockets]]
slug = "scan"
kind = "Image"
relative_path = "images/scan"

[[sockets]]
slug = "mask"
title = "The mask"
kind = "Segmentation"
relative_path = "images/mask"
overlay_segments = [{ voxel_value = 1, name = "ball" }]

[[interfaces]]
inputs = ["scan"]
outputs = ["mask"]
`;
  const program = `mkdir -p /output/images/mask\necho ${mask.toString("base64")} | base64 -d > /output/images/mask/m.mha\n`;
  await writeFile(join(folder, "algorithm.toml"), manifest);
  await writeFile(join(folder, "scan.mha"), scan);
  await writeFile(join(folder, "image.tar"), await container(program));
  await gantry.client("algorithm", "create", join(folder, "algorithm.toml"));
  await gantry.client("algorithm", "push", slug, join(folder, "image.tar"));
  const said = await gantry.client("submit", slug, "-i", `scan=${join(folder, "scan.mha")}`, "--wait", "--json");
  return `/jobs/${/"id": "([0-9a-f-]{36})"/.exec(said)[1]}/`;
}

// What people can see of a page.
async function seen(page) {
  const viewer = page.locator("volume-viewer");
  return [await page.locator("main").innerText(), await viewer.evaluate((one) => one.shadowRoot?.textContent ?? "")].join("\n");
}

test("an overlay in a wrong place is told once, with the line that mends it, and has a badge", async () => {
  const path = await job("forgotten", ball(9, () => 1, FORGOTTEN));
  for (const javaScriptEnabled of [true, false]) {
    const somebody = await Visitor.open(browser, gantry, { javaScriptEnabled });
    await somebody.login("admin", gantry.password);
    const { page } = somebody;
    await somebody.go(path);
    if (javaScriptEnabled) await page.locator("volume-viewer[data-ready]").waitFor();
    const text = await seen(page);
    assert.equal(text.split("output.CopyInformation(input)").length, 2, text);
    assert.match(text, /Succeeded, with warnings/);
    assert.match(await page.locator("article", { hasText: "The mask" }).locator(".badge.bad").innerText(), /Not where the input lies: 53\.9 mm off/);
    assert.equal(await page.locator("main > .notice").count(), 0);
    if (javaScriptEnabled) await look(page);
    await somebody.close();
  }
});

test("without scripts a damaged overlay is told of and leaves the picture of the image", async () => {
  const mask = ball(9, () => 1, RIGHT);
  const path = await job("damaged", mask);
  await damage(mask);
  const plain = await Visitor.open(browser, gantry, { javaScriptEnabled: false });
  await plain.login("admin", gantry.password);
  const { page } = plain;
  const pictures = [];
  page.on("response", (answer) => {
    if (answer.url().includes("/view/slice.jpg")) pictures.push(answer.status());
  });
  await plain.go(path);
  await page.frameLocator(".told-over").locator(".notice.bad", { hasText: "could not be drawn over the image" }).waitFor();
  assert.deepEqual(pictures, [200, 200, 200]);
});

// Changes some stored bytes in the middle of a file's samples; its header stays as it is.
async function damage(file) {
  const blobs = join(gantry.home, "blobs");
  for (const entry of await readdir(blobs, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !(await readFile(path)).equals(file)) continue;
    const stored = await open(path, "r+");
    await stored.write(Buffer.alloc(40, 0xff), 0, 40, file.length - 80);
    await stored.close();
    return;
  }
  assert.fail("the file is not stored as it came");
}
