// Screenshots of every kind of page, wide and on a phone, light and dark, to be looked at: a server with something of
// everything, and all links from its home page on. A page that scrolls sideways or complains makes the tour fail.
//
// usage: node tour.mjs FOLDER [WORD]   only pages whose address holds the word

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { otsu, scripted } from "./pages/harness/algorithm.mjs";
import { Visitor, launch } from "./pages/harness/browser.mjs";
import { Gantry, ROOT } from "./pages/harness/gantry.mjs";
import { zip } from "./pages/harness/zip.mjs";

const VIEWS = [
  ["wide", { width: 1280, height: 900 }, "light"],
  ["wide-dark", { width: 1280, height: 900 }, "dark"],
  ["phone", { width: 390, height: 844 }, "light"],
  ["phone-dark", { width: 390, height: 844 }, "dark"],
];
const HEAD = join(ROOT, "fixtures/head-mr.mha");
// What one never presses on a tour, and what is no page.
const LEFT_OUT = /logout|\/media\/|\/view\/|download|\.zip|\/files\/|\/api\/(v1|gantry)|\/static\/|\/log\/raw/;

const [folder = "target/tour", word = ""] = process.argv.slice(2);
const target = resolve(folder);
await mkdir(target, { recursive: true });
const gantry = await Gantry.start();
const browser = await launch();
try {
  await fill();
  const visitor = await Visitor.open(browser, gantry);
  await visitor.login("admin", gantry.password);
  await furnish(visitor);
  const seen = await walk(visitor);
  console.log(`${seen} kinds of pages in ${target}`);
  await visitor.close();
} finally {
  await browser.close();
  await gantry.stop();
}

// Algorithms, and jobs that ended well and badly.
async function fill() {
  await otsu(gantry);
  await scripted(gantry, "broken", "echo looking; echo 'no such model: weights.pt' >&2; exit 3");
  await gantry.client("submit", "otsu", "--input", `mri=${HEAD}`, "--wait");
  await gantry.client("submit", "broken", "--input", 'words="a b"', "--wait").catch(() => "it fails");
}

// What only pages make: an archive with items and a run, somebody else, a socket.
async function furnish(visitor) {
  const { page } = visitor;
  await visitor.go("/archives/create/");
  await page.getByLabel("Title").fill("Heads");
  await page.getByLabel("Short name").fill("heads");
  await visitor.press("Make the archive");
  await visitor.go("/archives/heads/add/");
  await page.getByLabel("What they are").selectOption("mri");
  const files = zip({ "one.mha": await readFile(HEAD), "two.mha": await readFile(HEAD) });
  await page.setInputFiles("#files", [{ name: "heads.zip", mimeType: "application/zip", buffer: files }]);
  await page.getByText("✓").first().waitFor();
  await visitor.press("Add the images");
  await page.getByRole("region", { name: "Items" }).getByRole("row").nth(2).waitFor();
}

// All kinds of pages once: addresses that differ in an id or a name only are one kind.
async function walk(visitor) {
  const { page } = visitor;
  const waiting = ["/"];
  const kinds = new Set();
  while (waiting.length > 0) {
    const path = waiting.shift();
    const kind = kindOf(path);
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    const answer = await page.goto(path);
    if (!(answer?.headers()["content-type"] ?? "").startsWith("text/html")) continue;
    const links = await page.$$eval("a[href]", (all) => all.map((one) => one.href));
    for (const link of links.map((one) => new URL(one))) {
      if (link.origin === gantry.base && !LEFT_OUT.test(link.pathname)) waiting.push(link.pathname + link.search);
    }
    if (path.includes(word)) await shoot(page, kind);
  }
  return kinds.size;
}

function kindOf(path) {
  const url = new URL(path, gantry.base);
  const names = url.pathname
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID")
    .replace(/\/\d+\//g, "/N/")
    .replace(/(sockets)\/(?!create)[^/]+/, "$1/NAME");
  return names + [...url.searchParams.keys()].map((name) => `?${name}`).join("");
}

async function shoot(page, kind) {
  const name = kind.replaceAll("/", "_").replace(/[^\w-]/g, "-");
  await page.locator("volume-viewer:not([data-ready]), slide-viewer:not([data-ready])").waitFor({ state: "detached" });
  for (const [view, size, colorScheme] of VIEWS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) throw new Error(`${page.url()} scrolls sideways by ${over} px (${view})`);
    await writeFile(join(target, `${name}.${view}.png`), await page.screenshot({ fullPage: true }));
  }
}
