// Jobs that run, fail, are cancelled, and who sees them; the form to try an algorithm by keyboard alone.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { otsu, scripted } from "./harness/algorithm.mjs";
import { Visitor, launch } from "./harness/browser.mjs";
import { Gantry, ROOT } from "./harness/gantry.mjs";
import { look } from "./harness/look.mjs";

let gantry;
let browser;
let admin;

before(async () => {
  [gantry, browser] = await Promise.all([Gantry.start(), launch()]);
  admin = await Visitor.open(browser, gantry);
  await admin.login("admin", gantry.password);
});

after(async () => {
  await admin?.context.close();
  await browser?.close();
  await gantry?.stop();
});

// Fills the one text in, and waits for the job's page.
async function run(visitor, slug, words = "hello") {
  await visitor.go(`/algorithms/${slug}/try/`);
  await visitor.page.getByLabel("Words").fill(words);
  await visitor.press("Run it");
}

const reached = (visitor, state) => visitor.page.locator(`#job-live[data-state="${state}"]`).waitFor();

test("the log comes live, stderr is marked, and a cancelled job says so", async () => {
  const { page } = admin;
  await scripted(gantry, "talker", "echo first; echo second >&2; while [ ! -e /tmp/never ]; do sleep 1; done");
  await run(admin, "talker");
  const log = page.getByRole("log");
  await log.getByText("first").waitFor();
  await log.locator(".stderr", { hasText: "second" }).waitFor();
  await reached(admin, "executing");
  await look(page);
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await reached(admin, "cancelled");
  await look(page);
  assert.deepEqual(admin.problems, []);
});

test("failures say which and why: exit code, memory, an output that is missing", async () => {
  const { page } = admin;
  await scripted(gantry, "angry", "echo nothing fits >&2; exit 3");
  await scripted(gantry, "greedy", 'x=aaaaaaaaaaaaaaaa; while true; do x="$x$x"; done');
  await scripted(gantry, "empty", "echo done");
  for (const [slug, code, text] of [
    ["angry", "exit_code", /3/],
    ["greedy", "memory_limit", /256/],
    ["empty", "output_missing", /echo/i],
  ]) {
    await run(admin, slug);
    await reached(admin, "failed");
    const failure = page.locator(".failure");
    await failure.waitFor();
    assert.equal(await failure.locator("h2 code").innerText(), code);
    assert.match(await failure.innerText(), text);
    await look(page);
  }
  await admin.go("/jobs/?state=failed");
  assert.equal(await page.locator("tbody tr").count(), 3);
  assert.deepEqual(admin.problems, []);
});

test("a container image that is none is refused with the reason", async () => {
  const { page } = admin;
  await admin.go("/algorithms/angry/versions/");
  await page.setInputFiles("#file", { name: "image.tar", mimeType: "application/x-tar", buffer: Buffer.from("not an archive") });
  await page.getByText("✓").waitFor();
  await admin.press("Add");
  await page.getByText("Refused", { exact: true }).waitFor();
  assert.match(await page.locator("#versions .notice.bad").innerText(), /archive/i);
  await look(page);
  assert.deepEqual(admin.problems, []);
});

test("with the keyboard alone a form is filled in and sent", async () => {
  const { page } = admin;
  await otsu(gantry);
  // Asked for before the page is there: choosers are caught only once the browser has been told, which takes a moment.
  const chooser = new Promise((resolve) => page.once("filechooser", resolve));
  await admin.go("/algorithms/otsu/try/");
  await page.getByRole("link", { name: /Minimum volume/ }).click();
  await page.locator("form[data-try]").waitFor();
  await tabTo((one) => one.id === "file-mri");
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(join(ROOT, "fixtures/head-mr.mha"));
  await page.getByText("✓").waitFor();
  await tabTo((one) => one.getAttribute("name") === "value.minimum-volume");
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("2.5");
  await tabTo((one) => one.textContent?.trim() === "Run it");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}\/$/);
  await reached(admin, "succeeded");
  assert.match(await page.locator("section", { hasText: "Inputs" }).last().innerText(), /2\.5/);
  assert.deepEqual(admin.problems, []);
});

// Presses Tab until the element with the focus is wanted; it can be seen to have it.
async function tabTo(isWanted) {
  const { page } = admin;
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(`(${isWanted})(document.activeElement)`);
    if (found) {
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.notEqual(outline, "none");
      return;
    }
  }
  assert.fail(`80 presses of Tab do not lead to ${isWanted}`);
}

test("a user runs, an editor also changes, anybody else sees neither the algorithm nor the job", async () => {
  const { page } = admin;
  await scripted(gantry, "polite", "cat /input/words.json > /output/echo.json");
  const people = {};
  for (const name of ["user", "editor", "stranger"]) {
    await admin.go("/administration/people/");
    await page.locator("#username").fill(name);
    await admin.press("Make the account");
    people[name] = await Visitor.open(browser, gantry);
    await people[name].login(name, await page.locator("#password").innerText());
  }
  for (const role of ["user", "editor"]) {
    const person = await page.request.put("/api/gantry/v1/algorithms/polite/members/", {
      headers: { "X-CSRF-Token": await page.locator("input[name=csrf]").first().getAttribute("value") },
      data: { username: role, role },
    });
    assert.equal(person.ok(), true, await person.text());
  }
  const { user, editor, stranger } = people;
  await run(user, "polite", "good day");
  await reached(user, "succeeded");
  const job = new URL(user.page.url()).pathname;
  await user.refused("/algorithms/polite/edit/", 403);
  await editor.go("/algorithms/polite/edit/");
  await editor.refused(job, 404);
  for (const path of ["/algorithms/polite/", "/algorithms/polite/try/", job, `${job}log/`]) {
    await stranger.refused(path, 404);
  }
  await stranger.go("/");
  assert.equal(await stranger.page.getByRole("link", { name: /polite/ }).count(), 0);
  for (const one of Object.values(people)) await one.close();
});
