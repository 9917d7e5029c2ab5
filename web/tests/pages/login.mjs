// Logging in and out, and the first page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Visitor, launch } from "./harness/browser.mjs";
import { Gantry } from "./harness/gantry.mjs";
import { look } from "./harness/look.mjs";

let gantry;
let browser;

before(async () => {
  [gantry, browser] = await Promise.all([Gantry.start("[login]\nfailures = 3\n"), launch()]);
});

after(async () => {
  await browser?.close();
  await gantry?.stop();
});

test("the printed password opens nothing but the form for another one, and tokens work all the same", async () => {
  const somebody = await Visitor.open(browser, gantry);
  const { page } = somebody;
  await gantry.client("algorithm", "create", "images/otsu/algorithm.toml");
  await page.goto("/login/?next=/jobs/");
  await page.getByLabel("Name").fill("admin");
  await page.getByLabel("Password").fill(gantry.password);
  await somebody.press("Log in", page.locator("main"));
  for (const path of ["/", "/jobs/", "/administration/people/", "/algorithms/otsu/", "/account/"]) {
    await page.goto(path);
    assert.equal(new URL(page.url()).pathname, "/account/", path);
    await page.getByRole("heading", { name: "Choose a password" }).waitFor();
    assert.equal(await page.locator("#tokens").count(), 0);
  }
  // Nor does the API open to this login.
  assert.equal(await page.evaluate(async () => (await fetch("/api/gantry/v1/me/")).status), 403);
  somebody.problems.length = 0;
  await look(page);
  await somebody.choose("nothing", gantry.password);
  assert.match(await page.locator("#new-problem").innerText(), /is the old one/);
  await page.locator("#new").fill("one of my own");
  await page.locator("#again").fill("another of my own");
  await somebody.press("Save the password");
  assert.match(await page.locator("#again-problem").innerText(), /not the same/);
  somebody.problems.length = 0;
  // The token of the client is of the time before.
  assert.match(await gantry.client("jobs"), /no such jobs/);
  await somebody.choose(gantry.password);
  assert.equal(new URL(page.url()).pathname, "/");
  await somebody.go("/jobs/");
  await somebody.close();
});

test("a password logs in, a wrong one does not, and whoever logs in comes back to where they wanted to go", async () => {
  const somebody = await Visitor.open(browser, gantry);
  const { page } = somebody;
  await somebody.go("/");
  await look(page);
  await page.goto("/images/?search=left");
  assert.match(page.url(), /\/login\//);
  await look(page);
  await page.getByLabel("Name").fill("admin");
  await page.getByLabel("Password").fill("not it");
  await somebody.press("Log in", page.locator("main"));
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Name").inputValue(), "admin");
  somebody.problems.length = 0;
  await page.getByLabel("Password").fill(gantry.chosen.get(gantry.password));
  await somebody.press("Log in", page.locator("main"));
  assert.match(page.url(), /\/images\/\?search=left$/);
  await somebody.go("/");
  await look(page);
  await somebody.press("Log out");
  await page.getByRole("link", { name: "Log in" }).waitFor();
  await page.goto("/images/");
  assert.match(page.url(), /\/login\//);
  await somebody.close();
});

test("with the keyboard alone one logs in and gets past the bar to the content", async () => {
  const somebody = await Visitor.open(browser, gantry);
  const { page } = somebody;
  await somebody.go("/login/");
  // The name has the focus.
  await page.keyboard.type("admin");
  await page.keyboard.press("Tab");
  await page.keyboard.type(gantry.chosen.get(gantry.password));
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "admin", exact: true }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.match(page.url(), /#main$/);
  await somebody.close();
});

test("a page that is not there says so and leads on", async () => {
  const somebody = await Visitor.open(browser, gantry);
  await somebody.refused("/archives/none/", 404);
  await look(somebody.page);
  await somebody.page.getByRole("link", { name: "All algorithms" }).click();
  await somebody.page.getByRole("heading", { name: "Algorithms" }).waitFor();
  await somebody.close();
});

test("after too many wrong passwords even the right one is refused for a while", async () => {
  const somebody = await Visitor.open(browser, gantry);
  for (const password of ["a", "b", "c", gantry.password]) await somebody.login("admin", password);
  assert.match(await somebody.page.getByRole("alert").innerText(), /too many|wait|later|again/i);
  somebody.problems.length = 0;
  await somebody.close();
});
