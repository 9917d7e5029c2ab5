// Archives: made, filled with many files at once, shared, run over; results as a table and in one download.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { otsu, scripted } from "./harness/algorithm.mjs";
import { Visitor, launch } from "./harness/browser.mjs";
import { Gantry, ROOT } from "./harness/gantry.mjs";
import { look } from "./harness/look.mjs";
import { zip } from "./harness/zip.mjs";

const head = await readFile(join(ROOT, "fixtures/head-mr.mha"));
const file = (name, buffer = head) => ({ name, mimeType: "application/octet-stream", buffer });

let gantry;
let browser;
let admin;

before(async () => {
  [gantry, browser] = await Promise.all([Gantry.start(), launch()]);
  await otsu(gantry);
  admin = await Visitor.open(browser, gantry);
  await admin.login("admin", gantry.password);
});

after(async () => {
  await admin?.context.close();
  await browser?.close();
  await gantry?.stop();
});

async function make(title, slug) {
  await admin.go("/archives/create/");
  await admin.page.getByLabel("Title").fill(title);
  await admin.page.getByLabel("Short name").fill(slug);
  await admin.press("Make the archive");
}

test("an archive is filled with many files at once, a bad one spoils none, and an algorithm runs over all", async () => {
  const { page } = admin;
  await make("Heads", "No Slug");
  assert.equal(await page.getByLabel("Title").inputValue(), "Heads");
  await page.locator("#slug-problem").waitFor();
  admin.problems.length = 0;
  await page.getByLabel("Short name").fill("heads");
  await admin.press("Make the archive");
  assert.match(page.url(), /\/archives\/heads\/$/);
  await look(page);

  await admin.go("/archives/heads/add/");
  await look(page);
  await page.getByLabel("What they are").selectOption("mri");
  const zipped = zip({ "inner/zipped.mha": head, "inner/notes.txt": Buffer.from("no image") });
  await page.setInputFiles("#files", [
    file("one.mha"),
    file("two.mha"),
    file("broken.mha", Buffer.from("ObjectType = Image\nNDims = 3\n")),
    file("more.zip", zipped),
  ]);
  await page.getByText("✓").nth(3).waitFor();
  await admin.press("Add the images");
  // The page loads itself again once everything is read.
  const items = page.getByRole("region", { name: "Items" }).getByRole("row");
  await items.nth(3).waitFor();
  const titles = await page.locator("tbody th").allInnerTexts();
  assert.deepEqual(titles.sort(), ["one.mha", "two.mha", "zipped.mha"]);
  const refused = await page.locator("#imports-live").innerText();
  assert.match(refused, /broken\.mha/);
  await page.waitForFunction(() => [...document.querySelectorAll("img.thumb")].every((image) => image.naturalWidth > 0));
  await look(page);

  await page.getByRole("link", { name: "two.mha" }).first().click();
  await page.getByLabel("Title").fill("one.mha");
  await admin.press("Save");
  assert.match(await page.locator("#title-problem").innerText(), /already/);
  admin.problems.length = 0;
  await page.getByLabel("Title").fill("The second");
  await admin.press("Save");

  await admin.go("/archives/heads/new-item/?socket=minimum-volume");
  await page.getByLabel("Title").fill("Without an image");
  await page.getByLabel("Value, as JSON").fill("-1");
  await admin.press("Make the item");
  assert.match(await page.locator("#p-minimum-volume").innerText(), /-1|minimum/);
  admin.problems.length = 0;
  await look(page);
  await page.getByLabel("Value, as JSON").fill("0.5");
  await admin.press("Make the item");
  await page.getByRole("link", { name: "Without an image" }).waitFor();

  await admin.go("/archives/heads/runs/");
  await look(page);
  await page.getByLabel("Algorithm", { exact: true }).selectOption("otsu");
  await admin.press("See what fits");
  await page.getByText("Would be skipped: 1").waitFor();
  assert.match(await page.locator("section", { hasText: "Would be skipped" }).innerText(), /Without an image: it holds \[`minimum-volume`\]/);
  await look(page);
  await admin.press("Start 3 jobs");
  assert.match(page.url(), /\/archives\/heads\/runs\/[0-9a-f-]{36}\/$/);
  await page.getByText("3 succeeded").waitFor();
  await look(page);
  const rows = page.getByRole("region", { name: "Results" }).locator("tbody tr");
  assert.equal(await rows.count(), 3);
  assert.match(await rows.first().innerText(), /succeeded[\s\S]*\d+\.\d+/);
  await page.getByText("Skipped items").waitFor();

  const csv = await downloaded(() => page.getByRole("link", { name: "Table as CSV" }).click());
  const lines = csv.toString().trim().split("\r\n");
  assert.equal(lines.length, 4);
  assert.match(lines[0], /^item,title,job,state,failure,run_seconds,.*tissue-volume/);
  const all = await downloaded(() => page.getByRole("link", { name: "Everything as zip" }).click());
  assert.equal(all.subarray(0, 4).toString("latin1"), "PK\x03\x04");
  assert.match(all.toString("latin1"), /The second\/.*tissue/s);

  await admin.go("/archives/heads/");
  await page.getByLabel("Without an image", { exact: true }).check();
  await admin.press("Delete the ticked items");
  await page.getByText("1 item is deleted.").waitFor();
  assert.equal(await items.count(), 4);
  assert.deepEqual(admin.problems, []);
});

async function downloaded(click) {
  const [download] = await Promise.all([admin.page.waitForEvent("download"), click()]);
  return await readFile(await download.path());
}

test("a run is cancelled as a whole, and the queue says why its jobs wait", async () => {
  const { page } = admin;
  // It waits for a file that never comes.
  await scripted(gantry, "patient", "echo begun; while [ ! -e /tmp/never ]; do sleep 1; done");
  await make("Words", "words");
  for (const words of ["a", "b", "c", "d"]) {
    await admin.go("/archives/words/new-item/?socket=words");
    await page.getByLabel("Title").fill(words);
    await page.getByLabel("Value, as JSON").fill(JSON.stringify(words));
    await admin.press("Make the item");
  }
  await admin.go("/archives/words/runs/new/?algorithm=patient");
  await admin.press("Start 4 jobs");
  const run = page.url();
  await page.getByText(/\d executing/).waitFor();

  await admin.go("/administration/");
  const waiting = page.getByRole("region", { name: "Waiting jobs", exact: true }).locator("tbody tr");
  const running = page.getByRole("region", { name: "Running jobs", exact: true }).locator("tbody tr");
  await running.filter({ hasText: "of 256.0 MB" }).first().waitFor();
  assert.match(await running.first().innerText(), /Scripted: patient[\s\S]*admin[\s\S]*% of 100 %[\s\S]*of 16/);
  assert.match(await waiting.first().innerText(), /needs 100 % of processor time, 0 % of \d+ % are free/);
  await look(page);
  await admin.press("Cancel", waiting.last());
  await page.getByText("The job is asked to end.").waitFor();
  await admin.go("/administration/machine/");
  await page.getByRole("region", { name: "Running jobs", exact: true }).waitFor();
  await look(page);

  await page.goto(run);
  await page.getByText("1 cancelled").waitFor();
  await admin.press("Cancel all");
  await page.getByText("4 cancelled").waitFor();
  assert.deepEqual(admin.problems, []);
});

test("members see, fill and change what their role says, and nobody else sees anything", async () => {
  const { page } = admin;
  await admin.go("/administration/people/");
  const passwords = {};
  for (const name of ["viewer", "filler", "stranger"]) {
    await admin.go("/administration/people/");
    await page.locator("#username").fill(name);
    await admin.press("Make the account");
    passwords[name] = await page.locator("#password").innerText();
  }
  await make("Shared", "shared");
  await admin.go("/archives/shared/settings/");
  await look(page);
  for (const [name, role] of [["viewer", "user"], ["filler", "uploader"]]) {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Role").selectOption(role);
    await admin.press("Add");
  }
  await page.getByLabel("Name", { exact: true }).fill("nobody");
  await admin.press("Add");
  assert.match(await page.locator("#username-problem").innerText(), /no account `nobody`/);
  admin.problems.length = 0;

  const may = { viewer: [200, 403, 403], filler: [200, 200, 403], stranger: [404, 404, 404] };
  for (const [name, statuses] of Object.entries(may)) {
    const somebody = await Visitor.open(browser, gantry);
    await somebody.login(name, passwords[name]);
    for (const [at, path] of ["", "add/", "settings/"].entries()) {
      const visit = statuses[at] === 200 ? somebody.go(`/archives/shared/${path}`) : somebody.refused(`/archives/shared/${path}`, statuses[at]);
      await visit;
    }
    await somebody.go("/archives/");
    assert.equal(await somebody.page.getByRole("link", { name: "Shared" }).count(), statuses[0] === 200 ? 1 : 0, name);
    await somebody.close();
  }
  const nobody = await Visitor.open(browser, gantry);
  await nobody.refused("/archives/shared/", 404);
  await nobody.close();
  await admin.go("/archives/shared/settings/");
  await page.getByLabel("Everybody sees it and everything in it").check();
  await admin.press("Save");
  const anybody = await Visitor.open(browser, gantry);
  await anybody.go("/archives/shared/");
  await anybody.close();
  assert.deepEqual(admin.problems, []);
});

test("without JavaScript an archive is filled and run over all the same", async () => {
  const plain = await Visitor.open(browser, gantry, { javaScriptEnabled: false });
  await plain.login("admin", gantry.password);
  const { page } = plain;
  await plain.go("/archives/create/");
  await page.getByLabel("Title").fill("Plain");
  await page.getByLabel("Short name").fill("plain");
  await plain.press("Make the archive");
  await plain.go("/archives/plain/add/");
  await page.getByLabel("What they are").selectOption("mri");
  await page.setInputFiles("#files", [file("plain.mha")]);
  await plain.press("Add the images");
  const item = page.getByRole("link", { name: "plain.mha" }).first();
  await until(page, item);
  await plain.go("/archives/plain/runs/new/?algorithm=otsu");
  await plain.press("Start 1 job");
  await until(page, page.getByText("1 succeeded"));
  assert.equal(await page.locator("#results").count(), 1);
  await plain.close();
});

// What somebody without JavaScript does: load the page again until it shows what they wait for.
async function until(page, shown) {
  while ((await shown.count()) === 0) await page.reload();
}

test("a page on which files are being read shows the items once all of them are read", async () => {
  const { page } = admin;
  await make("Good heads", "good-heads");
  await admin.go("/archives/good-heads/add/");
  await page.getByLabel("What they are").selectOption("mri");
  await page.setInputFiles("#files", [file("all.zip", zip({ "one.mha": head, "two.mha": head }))]);
  await page.getByText("✓").first().waitFor();
  await admin.press("Add the images");
  await page.getByRole("region", { name: "Items" }).getByRole("row").nth(2).waitFor();
  assert.equal(await page.getByText("is being read").count(), 0);
});
