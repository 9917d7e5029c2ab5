// Without scripts, and for those who may not see: pictures, facts, refusals.

import assert from "node:assert/strict";
import { request } from "playwright-core";

export async function still(server, facts, checks) {
  const { images } = facts;
  const { browser, page } = await server.browser("canvas", { javaScriptEnabled: false });

  await checks.run("without scripts there are the slices in the middle, facts and the verdict", async () => {
    await page.goto(`images/${images.oblique}/?over=${images.lost}`);
    const pictures = page.locator(".still img");
    assert.equal(await pictures.count(), 3);
    for (const place of [0, 1, 2]) {
      const box = await pictures.nth(place).boundingBox();
      assert.ok(box.width > 50 && box.height > 20, JSON.stringify(box));
    }
    assert.match(await page.locator("dl.facts").textContent(), /40 × 50 × 20 voxels/);
    assert.match(await page.locator("volume-viewer .notice.bad").first().textContent(), /CopyInformation/);
  });

  await checks.run("nobody sees an image that is not theirs", async () => {
    const nobody = await request.newContext({ ignoreHTTPSErrors: true, baseURL: server.address });
    for (const what of ["image.json", "voxels", "tile", "slice.png", "thumbnail.jpg"]) {
      const found = await nobody.get(`images/${images.oblique}/view/${what}`);
      assert.equal(found.status(), 404, what);
    }
    const found = await nobody.get(`images/${images.oblique}/`, { maxRedirects: 0 });
    assert.equal(found.status(), 303);
    await nobody.dispose();
  });

  await checks.run("what a browser has is not sent again", async () => {
    const path = `images/${images.oblique}/view/voxels?v=1&level=0&time=0&slab=0`;
    const first = await server.http.get(path);
    assert.match(first.headers()["cache-control"], /immutable/);
    const again = await server.http.get(path, { headers: { "If-None-Match": first.headers()["etag"] } });
    assert.equal(again.status(), 304);
    assert.equal((await server.http.get(`${path}999`)).status(), 404);
    assert.equal((await server.http.get(path.replace("time=0", "time=x"))).status(), 400);
  });

  await browser.close();
}
