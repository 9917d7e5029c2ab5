// Overlays that cannot be read any more: each is named with the reason, by page and viewer, and the rest is shown.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

export async function leftOut(server, facts, viewer, checks) {
  const { images, home } = facts;
  const path = `images/${images.oblique}/?over=${images.torn},${images.sphere},${images.hollow}`;

  await checks.run("damaged overlays are named with the reason, and the others are drawn", async () => {
    await damage(server, home, images.torn, (bytes) => bytes.subarray(0, 20));
    // The header is whole, samples are missing.
    await damage(server, home, images.hollow, (bytes) => bytes.subarray(0, bytes.length - 1000));
    await viewer.open(path);
    const said = await viewer.viewer.locator(".left-out").allTextContents();
    assert.equal(said.length, 2, said.join());
    assert.match(said.join(), /torn\.mha is not shown\. This image cannot be shown: \w+/);
    assert.match(said.join(), /hollow\.mha is not shown\. This image cannot be shown: \w+/);
    const titles = await viewer.viewer.locator("section.layer .heading").allTextContents();
    assert.deepEqual(titles.map((title) => title.trim()), ["oblique.mha", "sphere.mha"]);
  });

  await checks.run("the page and the scene in it name what is left out", async () => {
    const text = await (await viewer.page.request.get(path)).text();
    assert.match(text, /<strong>torn\.mha<\/strong> is not shown\./);
    const scene = JSON.parse(/<script type="application\/json">(.*?)<\/script>/s.exec(text)[1]);
    assert.deepEqual(scene.left_out.map(({ title, image }) => [title, image]), [["torn.mha", images.torn]]);
    assert.match(scene.left_out[0].reason, /cannot be shown/);
    assert.deepEqual(scene.layers.map((layer) => layer.title), ["oblique.mha", "sphere.mha", "hollow.mha"]);
  });
}

// Changes the file of an image behind the server's back, as a bad disk does.
async function damage(server, home, image, change) {
  const kept = await (await server.http.get(`files/images/${image}/${image}.mha`)).body();
  const digest = createHash("sha256").update(kept).digest("hex");
  const path = join(home, "blobs", digest.slice(0, 2), digest.slice(2));
  await writeFile(`${path}.new`, change(await readFile(path)));
  await rename(`${path}.new`, path);
}
