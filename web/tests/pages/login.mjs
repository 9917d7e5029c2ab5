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

test("the printed password logs in, a wrong one does not, and whoever logs in comes back to where they wanted to go", async () => {
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
  await page.getByLabel("Password").fill(gantry.password);
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
  await page.keyboard.type(gantry.password);
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
