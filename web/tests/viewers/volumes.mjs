// <volume-viewer>: pixels at known places of phantoms.

import assert from "node:assert/strict";
import { near } from "../checks.mjs";
import { annotations } from "./annotations.mjs";
import { leftOut } from "./left_out.mjs";
import { VolumePage, grey, mixed, mmOf } from "./volume_page.mjs";

// The first label's colour, and the opacity of overlays.
const ORANGE = [230, 159, 0];
const HALF = 0.5;
const PLANES = ["axial", "coronal", "sagittal"];

export async function volumes(server, facts, checks) {
  const { browser, page, problems } = await server.browser("webgl");
  const viewer = new VolumePage(page);
  const { images, matrix } = facts;
  const valueAt = ([i, j, k]) => 8 * i + 5 * j + 20 * k;
  // Away from edges, and from voxels of the same value.
  const voxels = [[5, 7, 3], [30, 12, 8], [20, 40, 15], [33, 44, 4]];

  await checks.run("an oblique volume: values and greys at known millimetres, in three planes", async () => {
    await viewer.open(`images/${images.oblique}/`);
    const range = await viewer.range("oblique.mha");
    for (const voxel of voxels) {
      const mm = mmOf(matrix, voxel);
      await viewer.goTo(mm);
      assert.equal(await viewer.value(), String(valueAt(voxel)));
      for (const plane of PLANES) {
        const expected = grey(valueAt(voxel), range);
        near(await viewer.colour(plane, mm), [expected, expected, expected], 3, `${plane} ${voxel}`);
      }
    }
  });

  await checks.run("slices lie as the server draws them", async () => {
    const size = [40, 50, 20];
    for (const plane of PLANES) await likeServer(viewer, { ...facts, size }, plane);
  });

  await checks.run("patient axes: the same values at the same millimetres", async () => {
    await viewer.press("p");
    const range = await viewer.range("oblique.mha");
    const mm = mmOf(matrix, [20, 25, 10]);
    await viewer.goTo(mm);
    assert.equal(await viewer.value(), String(valueAt([20, 25, 10])));
    const letters = await viewer.viewer.locator('.pane[data-plane="axial"] .edge').allTextContents();
    assert.deepEqual(letters.sort(), ["A", "L", "P", "R"]);
    // Within the half slice by which the plane may miss the point.
    const expected = grey(valueAt([20, 25, 10]), range);
    near(await viewer.colour("axial", mm), [expected, expected, expected], 8, "axial");
    await viewer.press("p");
  });

  await checks.run("keys: slices, windows, overlays, help", async () => {
    await viewer.press("r");
    const before = await viewer.mm();
    await viewer.press("PageUp");
    const after = await viewer.mm();
    near([Math.hypot(...after.map((value, axis) => value - before[axis]))], [3], 0.01, "one slice in mm");
    await viewer.press("PageDown");
    near(await viewer.mm(), before, 0.01, "back again");
    await viewer.press("?");
    assert.equal(await viewer.viewer.locator("dialog[open]").count(), 1);
    await page.keyboard.press("Escape");
    assert.equal(await viewer.viewer.locator("dialog[open]").count(), 0);
    await viewer.press("x");
    assert.equal(await viewer.viewer.locator(".crosshair").count(), 0);
    await viewer.press("x");
    assert.equal(await viewer.viewer.locator(".crosshair").count(), 3);
  });

  await checks.run("a mouse: the crosshair goes where it is pressed, the wheel turns slices", async () => {
    const mm = mmOf(matrix, [28, 30, 10]);
    await viewer.goTo(mm);
    await viewer.drawn();
    const aim = mmOf(matrix, [12, 16, 10]);
    const place = await viewer.place("axial", aim);
    await page.mouse.click(place.x, place.y);
    near(await viewer.mm(), aim, 0.7, "the place that was pressed");
    await page.mouse.wheel(0, 120);
    const moved = await viewer.place("axial", aim);
    assert.ok(Math.abs(moved.slices) >= 1, `${moved.slices} slices`);
  });

  await checks.run("the graphics card is lost and comes back", async () => {
    const mm = mmOf(matrix, [20, 20, 10]);
    await viewer.goTo(mm);
    const before = await viewer.colour("axial", mm);
    await viewer.viewer.evaluate(async (viewer) => {
      const canvas = viewer.shadowRoot.querySelector("canvas");
      const lose = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
      const heard = (event) => new Promise((done) => canvas.addEventListener(event, done, { once: true }));
      const lost = heard("webglcontextlost");
      lose.loseContext();
      await lost;
      // The card may only come back once the event has been heard by all.
      await new Promise((done) => setTimeout(done, 0));
      const restored = heard("webglcontextrestored");
      lose.restoreContext();
      await restored;
    });
    near(await viewer.colour("axial", mm), before, 0, "the colour before");
  });

  await checks.run("an overlay on another grid lies where its millimetres are", async () => {
    await viewer.open(`images/${images.oblique}/?over=${images.sphere}`);
    const range = await viewer.range("oblique.mha");
    const centre = facts.sphere.centre;
    await viewer.goTo(centre);
    await viewer.drawn();
    const text = await viewer.viewer.locator(".readout").textContent();
    assert.match(text, /label 1 \(1\)/);
    for (const plane of PLANES) {
      const under = grey(Number(await viewer.value()), range);
      near(await viewer.colour(plane, centre), mixed(ORANGE, [under, under, under], HALF), 8, `${plane} inside`);
    }
    // Just inside and just outside of its edge, along the columns of the image.
    for (const [share, isInside] of [[0.85, true], [1.15, false]]) {
      const step = [0, 1, 2].map((row) => (matrix[row * 4] / 0.8) * facts.sphere.radius * share);
      const mm = centre.map((value, axis) => value + step[axis]);
      const [red, , blue] = await viewer.colour("axial", mm);
      assert.equal(red - blue > 40, isInside, `${share} radii away: red ${red}, blue ${blue}`);
    }
    await viewer.press("o");
    const under = grey(Number(await viewer.value()), range);
    near(await viewer.colour("axial", centre), [under, under, under], 4, "without overlays");
    await viewer.press("o");
    await viewer.viewer.locator('input[data-label="1"]').uncheck();
    near(await viewer.colour("axial", centre), [under, under, under], 4, "without the label");
  });

  await checks.run("labels are listed with their volume, and jumped to", async () => {
    await viewer.open(`images/${images.oblique}/?over=${images.sphere}`);
    const row = viewer.viewer.locator("table.labels tbody tr");
    const ml = Number(await row.locator("td.number").textContent());
    const expected = ((4 / 3) * Math.PI * facts.sphere.radius ** 3) / 1000;
    near([ml], [expected], expected * 0.05, "ml");
    await row.locator("button").click();
    near(await viewer.mm(), facts.sphere.centre, 1.5, "the middle of the label");
  });

  await checks.run("a lost geometry is told, with the distance, the line that mends it and how it would look", async () => {
    await viewer.open(`images/${images.oblique}/?over=${images.lost}`);
    const notice = viewer.viewer.locator("section.notice.bad");
    const said = await notice.textContent();
    assert.match(said, /\d+(\.\d+)? mm/);
    assert.match(said, /GetImageFromArray/);
    assert.match(said, /CopyInformation\(input\)/);
    const inside = mmOf(matrix, [15, 15, 8]);
    await viewer.goTo(inside);
    const range = await viewer.range("oblique.mha");
    const under = grey(valueAt([15, 15, 8]), range);
    near(await viewer.colour("axial", inside), [under, under, under], 3, "where it should be");
    await notice.locator("input[name=copied]").check();
    await viewer.drawn();
    near(await viewer.colour("axial", inside), mixed(ORANGE, [under, under, under], HALF), 4, "as if copied");
  });

  await checks.run("a heat map has a range and is clear below its threshold", async () => {
    await viewer.open(`images/${images.oblique}/?over=${images.heat}`);
    const centre = facts.sphere.centre;
    await viewer.goTo(centre);
    await viewer.drawn();
    const text = await viewer.viewer.locator(".readout").textContent();
    assert.match(text, /heat.mha: 0\.9/);
    const range = await viewer.range("oblique.mha");
    const under = grey(Number(await viewer.value()), range);
    // The last colour of the table is a bright yellow.
    const [red, green, blue] = await viewer.colour("axial", centre);
    assert.ok(red > blue + 40 && green > blue + 40, `${red} ${green} ${blue} over ${under}`);
    const below = viewer.viewer.locator('section.layer[aria-label="heat.mha"] input[type=number]').nth(2);
    await below.fill("2");
    await viewer.drawn();
    near(await viewer.colour("axial", centre), [under, under, under], 4, "below the threshold");
  });

  await checks.run("four dimensions: each time point has its values", async () => {
    await viewer.open(`images/${images.times}/`);
    assert.equal(await viewer.value(), "8");
    await viewer.press(".");
    await viewer.press(".");
    await viewer.ready();
    assert.equal(await viewer.value(), "208");
  });

  await checks.run("colours are shown as they are", async () => {
    await viewer.open(`images/${images.rgb}/`);
    for (const voxel of [[3, 15, 2], [12, 4, 7]]) {
      await viewer.goTo(voxel);
      const expected = [12 * voxel[0], 12 * voxel[1], 20 * voxel[2]];
      assert.equal(await viewer.value(), expected.join(", "));
      near(await viewer.colour("axial", voxel), expected, 0, `${voxel}`);
    }
  });

  await checks.run("a flat image has one plane", async () => {
    await viewer.open(`images/${images.flat}/`);
    assert.equal(await viewer.viewer.locator(".pane:visible").count(), 1);
    await viewer.goTo([30, 20, 0]);
    assert.equal(await viewer.value(), String(100 * 30 + 20));
  });

  await annotations(server, facts, viewer, checks);
  await leftOut(server, facts, viewer, checks);
  // The browser notes each refusal.
  problems.splice(0, problems.length, ...problems.filter((problem) => !problem.includes("status of 422")));

  await checks.run("at 390 pixels nothing is wider than the page", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await viewer.open(`images/${images.oblique}/?over=${images.lost}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${wide} pixels`);
    const mm = mmOf(matrix, [20, 20, 10]);
    await viewer.goTo(mm);
    const expected = grey(valueAt([20, 20, 10]), await viewer.range("oblique.mha"));
    near(await viewer.colour("axial", mm), [expected, expected, expected], 3, "axial");
  });

  await checks.run("the script of the viewer has less than 30 kB", async () => {
    const sizes = await page.evaluate(async () => {
      const scripts = performance.getEntriesByType("resource").filter((entry) => /volume-viewer.*js/.test(entry.name));
      const found = new Set(scripts.map((entry) => entry.name));
      const bytes = new Map();
      for (const name of found) {
        const text = await (await fetch(name)).text();
        for (const [, other] of text.matchAll(/from\s*"\.\/([^"]+)"/g)) found.add(new URL(other, name).href);
        const packed = new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")));
        bytes.set(name, (await packed.arrayBuffer()).byteLength);
      }
      return [...bytes.values()];
    });
    const sum = sizes.reduce((sum, bytes) => sum + bytes, 0);
    console.log(`      ${sum} bytes in ${sizes.length} files, packed with gzip`);
    assert.ok(sizes.length > 0 && sum < 30_000);
  });

  await checks.run("no page complained", () => assert.deepEqual(problems, []));
  await browser.close();
}

// Compares a slice of the viewer with the one that the server draws, at places that are shares of its sides.
async function likeServer(viewer, { images, matrix, size }, plane) {
  await viewer.press("r");
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((corner) =>
    mmOf(matrix, size.map((side, axis) => ((corner >> axis) & 1 ? side - 0.5 : -0.5))),
  );
  const places = [];
  for (const mm of corners) places.push(await viewer.place(plane, mm));
  const [left, right] = [Math.min(...places.map((place) => place.x)), Math.max(...places.map((place) => place.x))];
  const [top, bottom] = [Math.min(...places.map((place) => place.y)), Math.max(...places.map((place) => place.y))];
  const [low, high] = await viewer.range("oblique.mha");
  const caption = await viewer.viewer.locator(`.pane[data-plane="${plane}"] .caption`).textContent();
  const shares = [0.15, 0.4, 0.6, 0.85].flatMap((x) => [0.15, 0.5, 0.85].map((y) => [x, y]));
  const found = await viewer.viewer.evaluate(
    async (viewer, { url, shares, box }) => {
      const picture = await createImageBitmap(await (await fetch(url)).blob());
      const paper = new OffscreenCanvas(picture.width, picture.height);
      const context = paper.getContext("2d", { willReadFrequently: true });
      context.drawImage(picture, 0, 0);
      const canvas = viewer.shadowRoot.querySelector("canvas");
      const area = canvas.getBoundingClientRect();
      const ratio = canvas.width / area.width;
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const copied = copy.getContext("2d", { willReadFrequently: true });
      copied.drawImage(canvas, 0, 0);
      return shares.map(([x, y]) => {
        const there = context.getImageData(Math.floor(x * picture.width), Math.floor(y * picture.height), 1, 1).data[0];
        const [screenX, screenY] = [box.left + x * (box.right - box.left), box.top + y * (box.bottom - box.top)];
        const place = [Math.floor((screenX - area.left) * ratio), Math.floor((screenY - area.top) * ratio)];
        return [there, copied.getImageData(place[0], place[1], 1, 1).data[0]];
      });
    },
    {
      url: `/images/${images.oblique}/view/slice.png?plane=${plane}&center=${(low + high) / 2 + 0.5}&width=${high - low + 1}`,
      shares,
      box: { left, right, top, bottom },
    },
  );
  for (const [place, [there, here]] of found.entries()) {
    near([here], [there], 12, `${plane} (${caption}) at ${shares[place]}`);
  }
}
