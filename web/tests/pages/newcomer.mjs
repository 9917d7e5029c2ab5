// A newcomer's whole way: from the first start to the picture of the result and the download, with scripts and without.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Visitor, launch } from "./harness/browser.mjs";
import { Gantry, ROOT } from "./harness/gantry.mjs";
import { look } from "./harness/look.mjs";

const HEAD = join(ROOT, "fixtures/head-mr.mha");
const PASSWORD = "correct horse battery";

let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

// Logs in with the printed password and takes another one.
async function settle(visitor, gantry) {
  const { page } = visitor;
  await visitor.login("admin", gantry.password);
  await visitor.go("/account/");
  await page.locator("#old").fill(gantry.chosen.get(gantry.password));
  await page.locator("#new").fill(PASSWORD);
  await page.locator("#again").fill(PASSWORD);
  await visitor.press("Change the password");
  await page.getByText("The password is changed.").waitFor();
}

// Makes the demo algorithm from its manifest, with the container image.
async function bring(visitor, isUploaded) {
  const { page } = visitor;
  await visitor.go("/algorithms/create/manifest/");
  await page.setInputFiles("#files", [join(ROOT, "images/otsu/algorithm.toml"), join(ROOT, "images/otsu/results.html.jinja")]);
  await isUploaded(2);
  await visitor.press("Make the algorithm");
  await page.getByRole("heading", { name: "Otsu: tissue and its parts" }).waitFor();
  await visitor.go("/algorithms/otsu/versions/");
  await page.setInputFiles("#file", join(ROOT, "target/images/otsu.oci.tar"));
  await isUploaded(1);
  await visitor.press("Add");
}

test("from the first start to the overlay and the download", async () => {
  const gantry = await Gantry.start();
  try {
    const newcomer = await Visitor.open(browser, gantry);
    const { page } = newcomer;
    await settle(newcomer, gantry);
    await newcomer.go("/");
    await look(page);
    const isUploaded = (count) => page.getByText("✓").nth(count - 1).waitFor();
    await bring(newcomer, isUploaded);
    // The page says by itself when the import is done.
    await page.getByText("Active", { exact: true }).waitFor();
    await look(page);

    await newcomer.go("/algorithms/otsu/");
    await page.getByRole("link", { name: "Try it" }).click();
    await page.getByRole("link", { name: /^MRI\s+gives/ }).click();
    await page.setInputFiles("#file-mri", HEAD);
    await isUploaded(1);
    await look(page);
    await newcomer.press("Run it");
    assert.match(page.url(), /\/jobs\/[0-9a-f-]{36}\/$/);
    const job = page.url();
    await page.locator('#job-live[data-state="succeeded"]').waitFor();
    await page.getByRole("link", { name: "All as zip" }).waitFor();
    assert.match(await page.locator(".log").innerText(), /\S/);
    await page.locator("volume-viewer[data-ready]").waitFor();
    await look(page);

    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "All as zip" }).click()]);
    const bytes = await readFile(await download.path());
    assert.equal(bytes.subarray(0, 2).toString(), "PK");
    assert.match(bytes.toString("latin1"), /tissue-volume/);

    await everyPage(newcomer, job);
    await newcomer.close();
  } finally {
    await gantry.stop();
  }
});

// Every other page that there is now.
async function everyPage(visitor, job) {
  const socket = "/sockets/tissue/";
  const of = ["", "edit/", "edit/manifest/", "models/", "limits/", "template/", "people/", "requests/", "statistics/", "try/"];
  const paths = [
    "/",
    "/account/",
    "/algorithms/create/",
    "/algorithms/create/manifest/",
    ...of.map((part) => `/algorithms/otsu/${part}`),
    "/sockets/",
    "/sockets/create/",
    socket,
    "/jobs/",
    `${new URL(job).pathname}log/`,
    "/images/",
  ];
  for (const path of paths) {
    await visitor.go(path);
    await look(visitor.page);
  }
}

test("the same way without JavaScript", async () => {
  const gantry = await Gantry.start();
  try {
    const newcomer = await Visitor.open(browser, gantry, { javaScriptEnabled: false });
    const { page } = newcomer;
    const until = async (shown) => {
      while ((await shown.count()) === 0) await page.reload();
    };
    await settle(newcomer, gantry);
    await bring(newcomer, async () => {});
    await until(page.getByText("Active", { exact: true }));
    await newcomer.go("/algorithms/otsu/try/");
    await page.getByRole("link", { name: /^MRI\s+gives/ }).click();
    await page.setInputFiles("#file-mri", HEAD);
    await newcomer.press("Run it");
    await until(page.locator('#job-live[data-state="succeeded"]'));
    assert.match(await page.locator(".log").innerText(), /\S/);
    const pictures = page.locator("section.viewer img");
    assert.ok((await pictures.count()) > 0);
    for (const address of await pictures.evaluateAll((all) => all.map((image) => image.src))) {
      assert.equal((await page.request.get(address)).status(), 200, address);
    }
    const zip = await page.getByRole("link", { name: "All as zip" }).getAttribute("href");
    const bytes = await (await page.request.get(zip)).body();
    assert.equal(bytes.subarray(0, 2).toString(), "PK");
    await newcomer.close();
  } finally {
    await gantry.stop();
  }
});
