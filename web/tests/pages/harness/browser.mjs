// Chromium, and people in it. Whatever a page complains of is gathered and fails the test.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

// Debian's Chromium without a graphics card (WebGL by SwiftShader).
const FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
// What an event may take on a busy machine, milliseconds.
const PATIENCE = 30_000;

export async function launch() {
  return await chromium.launch({
    executablePath: process.env.GANTRY_CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
  });
}

// Somebody with a window of their own.
export class Visitor {
  static async open(browser, gantry, options = {}) {
    const visitor = new Visitor();
    visitor.context = await browser.newContext({
      ignoreHTTPSErrors: true,
      baseURL: gantry.base,
      viewport: { width: 1280, height: 900 },
      acceptDownloads: true,
      ...options,
    });
    visitor.context.setDefaultTimeout(PATIENCE);
    visitor.page = await visitor.context.newPage();
    visitor.gantry = gantry;
    visitor.problems = [];
    visitor.expected = [];
    const { page, problems } = visitor;
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(`${page.url()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => problems.push(`${page.url()}: ${error}`));
    page.on("dialog", (dialog) => void dialog.accept());
    page.on("response", (response) => {
      if (response.status() >= 500) problems.push(`${response.url()}: ${response.status()}`);
    });
    return visitor;
  }

  async login(username, password) {
    await this.page.goto("/login/");
    await this.page.getByLabel("Name").fill(username);
    await this.page.getByLabel("Password").fill(this.gantry.chosen.get(password) ?? password);
    await this.press("Log in", this.page.locator("main"));
    if ((await this.page.getByRole("heading", { name: "Choose a password" }).count()) > 0) await this.choose(password);
  }

  // A password of one's own, in place of the one that was made.
  async choose(made, own = `own ${made}`) {
    await this.page.locator("#new").fill(own);
    await this.page.locator("#again").fill(own);
    await this.press("Save the password");
    this.gantry.chosen.set(made, own);
  }

  // Presses a button that leads to another page.
  async press(name, within = this.page) {
    const arrived = this.page.waitForEvent("load");
    await within.getByRole("button", { name, exact: true }).click();
    await arrived;
  }

  // Goes to a page that is there.
  async go(path) {
    const answer = await this.page.goto(path);
    assert.equal(answer.status(), 200, path);
  }

  // Goes to a page that is refused, which the browser complains of.
  async refused(path, status) {
    const answer = await this.page.goto(path);
    assert.equal(answer.status(), status, path);
    const noted = this.problems.filter((problem) => !problem.includes(`status of ${status}`));
    this.problems.splice(0, this.problems.length, ...noted);
  }

  // Nothing was complained of.
  async close() {
    await this.context.close();
    assert.deepEqual(this.problems, []);
  }
}
