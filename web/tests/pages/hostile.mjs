// Text of people and of containers that wants to act in the browser of whoever reads it: everywhere it is only text.

import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Visitor, launch } from "./harness/browser.mjs";
import { container } from "./harness/container.mjs";
import { Gantry } from "./harness/gantry.mjs";
import { brief, isTame, isText, poison, printed, venom, watch } from "./harness/poison.mjs";

let gantry;
let browser;
let admin;
let acted;

before(async () => {
  [gantry, browser] = await Promise.all([Gantry.start(), launch()]);
  admin = await Visitor.open(browser, gantry);
  acted = await watch(admin);
  await admin.login("admin", gantry.password);
});

after(async () => {
  await admin?.context.close();
  await browser?.close();
  await gantry?.stop();
});

// Nothing acted, and no page complained.
function isCalm() {
  assert.deepEqual(acted, []);
  assert.deepEqual(admin.problems, []);
}

// Asks the API as the browser does.
async function ask(method, path, data) {
  const { page } = admin;
  const csrf = await page.locator("input[name=csrf]").first().getAttribute("value");
  const answer = await page.request.fetch(path, { method, headers: { "X-CSRF-Token": csrf }, data });
  assert.equal(answer.ok(), true, `${path}: ${await answer.text()}`);
  return answer.headers()["content-type"]?.includes("json") ? await answer.json() : null;
}

const quoted = (place) => JSON.stringify(poison(place));

// What its author wants the result of each job to do; the template's own syntax would not be a template.
const TEMPLATE = venom("template-author").replaceAll(/\{\{.*?\}\}|\{%.*?%\}/g, "");

// What people can write about an algorithm.
const MANIFEST = `
title = ${quoted("algorithm-title")}
slug = "poisoned"
description = ${JSON.stringify(venom("algorithm-description"))}
result_template = ${JSON.stringify(`${TEMPLATE}<h2>Note</h2><p>{{ results.note }}</p>{{ results.note|safe }}`)}

[limits]
memory = "256MB"
pids = 16
time = "1m"
disk = "64MiB"
output = "16MiB"

[[sockets]]
slug = "words"
title = ${quoted("words-title")}
description = ${JSON.stringify(venom("words-description"))}
kind = "String"
relative_path = "words.json"

[[sockets]]
slug = "scan"
title = ${quoted("scan-title")}
kind = "Image"
relative_path = "images/scan"

[[sockets]]
slug = "mask"
title = ${quoted("mask-title")}
kind = "Segmentation"
relative_path = "images/mask"
overlay_segments = [{ voxel_value = 1, name = ${quoted("segment")} }]

[[sockets]]
slug = "echo"
title = ${quoted("echo-title")}
kind = "String"
relative_path = "echo.json"

[[sockets]]
slug = "anything"
title = "Anything"
kind = "Anything"
relative_path = "anything.json"

[[sockets]]
slug = "table"
title = "Table"
kind = "CSV"
relative_path = "table.csv"

[[sockets]]
slug = "points"
title = "Points"
kind = "Multiple points"
relative_path = "points.json"

[[sockets]]
slug = "chart"
title = "Chart"
kind = "Chart"
relative_path = "chart.json"

[[sockets]]
slug = "results-json-file"
title = "Results"
kind = "Anything"
relative_path = "results.json"

[[interfaces]]
inputs = ["words", "scan"]
outputs = ["mask", "echo", "anything", "table", "points", "chart", "results-json-file"]
`;

// 4 × 4 × 2 voxels of 0 and 1.
const SCAN = Buffer.concat([
  Buffer.from(
    "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n" +
      "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\nDimSize = 4 4 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n",
  ),
  Buffer.from(Array.from({ length: 32 }, (_, at) => at % 2)),
]);

// A chart that asks for data, pictures and links from elsewhere, computes, and closes the script that it lies in.
const CHART = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  title: poison("chart-title"),
  description: poison("chart-description"),
  usermeta: { embedOptions: { loader: { baseURL: "https://elsewhere.invalid/" } } },
  layer: [
    { data: { url: "https://elsewhere.invalid/data.json" }, mark: "point", encoding: { x: { field: "a", type: "nominal" } } },
    {
      data: { values: [{ a: poison("chart-value"), b: 2, u: "https://elsewhere.invalid/a.png", l: "javascript:alert('chart')" }] },
      transform: [{ calculate: "datum.b * 2", as: "c" }],
      mark: { type: "image", width: 9, height: 9 },
      encoding: {
        x: { field: "a", type: "nominal", axis: { title: poison("chart-axis") } },
        y: { field: "c", type: "quantitative" },
        url: { field: "u" },
        href: { field: "l" },
        tooltip: { field: "a" },
      },
    },
  ],
};

const points = {
  name: poison("points"),
  type: "Multiple points",
  points: [{ name: poison("point"), point: [1, 1, 1] }],
  version: { major: 1, minor: 0 },
};

// What the program of a container can write.
const PROGRAM = `
put() { echo "$2" | base64 -d > "/output/$1"; }
mkdir -p /output/images/mask
cat /input/images/scan/* > /output/images/mask/mask.mha
${[
  ["echo.json", JSON.stringify(printed("echo"))],
  ["anything.json", JSON.stringify({ [poison("key")]: [poison("anything")] })],
  ["table.csv", `"${poison("csv-head").replaceAll('"', '""')}",b\n"${poison("csv-cell").replaceAll('"', '""')}",2\n`],
  ["points.json", JSON.stringify(points)],
  ["chart.json", JSON.stringify(CHART)],
  ["results.json", JSON.stringify({ note: printed("results-note") })],
]
  .map(([name, text]) => `put ${name} ${Buffer.from(text).toString("base64")}`)
  .join("\n")}
say() { echo "$1" | base64 -d; echo; }
say ${Buffer.from(printed("stdout")).toString("base64")}
say ${Buffer.from(printed("stderr")).toString("base64")} >&2
case "$(cat /input/words.json)" in *end-badly*) exit 7;; *odd-output*) echo '["odd"]' > /output/echo.json;; esac
`;

async function bring() {
  const folder = await mkdtemp(join(gantry.folder, "poisoned-"));
  await writeFile(join(folder, "algorithm.toml"), MANIFEST);
  await writeFile(join(folder, "image.tar"), await container(PROGRAM, poison("image-name")));
  await gantry.client("algorithm", "create", join(folder, "algorithm.toml"));
  await gantry.client("algorithm", "push", "poisoned", join(folder, "image.tar"));
}

// Fills the form and runs it; the path of the job's page.
async function run(words) {
  const { page } = admin;
  await admin.go("/algorithms/poisoned/try/");
  await page.setInputFiles("#file-scan", [{ name: `${poison("file-name").replaceAll("/", "")}.mha`, mimeType: "application/octet-stream", buffer: SCAN }]);
  await page.getByText("✓").waitFor();
  await page.locator('[name="value.words"]').fill(words);
  await admin.press("Run it");
  return new URL(page.url()).pathname;
}

test("what people write about an algorithm is text on each of its pages", async () => {
  const { page } = admin;
  await bring();
  for (const [path, places] of [
    ["/", ["algorithm-title"]],
    ["/algorithms/poisoned/", ["algorithm-title", "algorithm-description", "words-title", "words-description", "mask-title"]],
    ["/algorithms/poisoned/try/", ["algorithm-title", "words-title", "words-description", "scan-title"]],
    ["/algorithms/poisoned/edit/", ["algorithm-title", "algorithm-description"]],
    ["/algorithms/poisoned/edit/manifest/", []],
    ["/algorithms/poisoned/limits/", ["algorithm-title"]],
    ["/algorithms/poisoned/versions/", ["algorithm-title"]],
    ["/algorithms/poisoned/models/", ["algorithm-title"]],
    ["/algorithms/poisoned/people/", ["algorithm-title"]],
    ["/algorithms/poisoned/requests/", ["algorithm-title"]],
    ["/algorithms/poisoned/statistics/", ["algorithm-title"]],
    ["/sockets/", ["words-title", "mask-title"]],
    ["/sockets/words/", ["words-title", "words-description"]],
    ["/sockets/mask/", ["mask-title", "segment"]],
  ]) {
    await admin.go(path);
    await isText(page, places);
  }
  isCalm();
});

test("what a container writes is text: while it runs, in its log, its values, its result", async () => {
  const { page } = admin;
  const job = await run(poison("words"));
  // Lines are put in as they come, and the rest once it has ended.
  await page.locator("[data-log]").getByText("stderr'").waitFor();
  await page.locator('#job-live[data-state="succeeded"]').waitFor();
  await page.locator("volume-viewer[data-ready]").waitFor();
  await page.locator("[data-chart] canvas, [data-chart] [role=status]").first().waitFor();
  const written = ["stdout", "stderr", "echo", "key", "anything", "csv-head", "csv-cell", "words", "echo-title", "segment", "point"];
  await isText(page, written);
  assert.match(await page.locator(".result").innerText(), /results-note/);
  await admin.go(job);
  await page.locator("volume-viewer[data-ready]").waitFor();
  await isText(page, written);
  await ask("PATCH", `/api/gantry/v1${job}`, { comment: poison("comment") });
  await admin.go(job);
  await isText(page, ["comment"]);
  await admin.go("/jobs/");
  await isText(page, ["algorithm-title"]);
  await admin.go(`${job}log/`);
  await isText(page, ["stdout", "stderr"]);
  await admin.go(`${job}log/?search=${encodeURIComponent(poison("search"))}`);
  await isText(page, ["search"]);
  await admin.go(job);
  await page.getByRole("link", { name: "Run again with changes" }).click();
  await page.locator('[name="value.words"]').waitFor();
  await isText(page, ["words", "words-title"]);
  await admin.go("/images/");
  assert.match(await page.locator(".gallery").innerText(), /file-name'/);
  await isTame(page);
  await page.locator(".gallery a", { hasText: "file-name'" }).first().click();
  await page.locator("volume-viewer[data-ready]").waitFor();
  await isTame(page);
  isCalm();
});

test("a failure quotes what the program wrote as text", async () => {
  const { page } = admin;
  const ended = page.locator('#job-live[data-state="failed"]');
  await run("end-badly");
  await ended.waitFor();
  await isText(page, ["stderr"]);
  await run("odd-output");
  await ended.waitFor();
  await page.locator(".failure").waitFor();
  await isTame(page);
  await admin.go("/administration/");
  await isTame(page);
  isCalm();
});

test("a result template is seen before it is saved, without acting", async () => {
  const { page } = admin;
  await admin.go("/algorithms/poisoned/template/");
  await page.locator("#template").fill(`${TEMPLATE}<p>drawn</p>{{ results.note|safe }}`);
  await page.frameLocator("#preview").getByText("drawn").waitFor();
  await isTame(page);
  await admin.press("Save");
  await isTame(page);
  isCalm();
});

test("names of archives, items, tokens and people, and what is searched for, are text", async () => {
  const { page } = admin;
  await ask("POST", "/api/gantry/v1/archives/", { slug: "poisoned", title: poison("archive-title"), description: venom("archive-description") });
  await admin.go("/archives/poisoned/new-item/?socket=words");
  await page.getByLabel("Title", { exact: true }).fill(poison("item-title"));
  await page.getByLabel("Value, as JSON").fill(JSON.stringify(venom("item-value")));
  await admin.press("Make the item");
  await admin.go("/account/");
  await page.locator("#name").fill(brief("token"));
  await admin.press("Make a token");
  const query = (place) => encodeURIComponent(poison(place));
  for (const [path, places] of [
    ["/archives/", ["archive-title", "archive-description"]],
    ["/archives/poisoned/", ["archive-title", "archive-description", "item-title"]],
    ["/archives/poisoned/settings/", ["archive-title", "archive-description"]],
    ["/archives/poisoned/runs/new/?algorithm=poisoned", ["archive-title", "algorithm-title", "item-title"]],
    ["/account/", ["token"]],
    ["/administration/audit/", []],
    [`/?search=${query("search-algorithms")}`, ["search-algorithms"]],
    [`/jobs/?search=${query("search-jobs")}`, ["search-jobs"]],
    [`/images/?search=${query("search-images")}`, ["search-images"]],
    [`/archives/?search=${query("search-archives")}`, ["search-archives"]],
    [`/sockets/?search=${query("search-sockets")}`, ["search-sockets"]],
  ]) {
    await admin.go(path);
    await isText(page, places);
  }
  const stranger = await Visitor.open(browser, gantry);
  const seen = await watch(stranger);
  await stranger.go(`/login/?next=${query("next")}`);
  await isTame(stranger.page);
  await stranger.page.getByLabel("Name").fill(poison("username"));
  await stranger.page.getByLabel("Password").fill(poison("password"));
  await stranger.press("Log in", stranger.page.locator("main"));
  await isText(stranger.page, ["username"]);
  assert.deepEqual(seen, []);
  await stranger.context.close();
  isCalm();
});

test("names that read from right to left leave what stands beside them in its place", async () => {
  const { page } = admin;
  const name = "תמונה 12";
  await ask("PATCH", "/api/gantry/v1/archives/poisoned/", { title: name });
  await admin.go("/archives/poisoned/");
  const titles = page.locator("bdi", { hasText: name });
  assert.notEqual(await titles.count(), 0);
  assert.equal(await titles.first().textContent(), name);
  await admin.go("/archives/poisoned/settings/");
  assert.equal(await page.getByLabel("Title", { exact: true }).inputValue(), name);
  isCalm();
});

test("what a form shows and what the API gives is what was written", async () => {
  const { page } = admin;
  await admin.go("/algorithms/poisoned/edit/");
  assert.equal(await page.getByLabel("Title", { exact: true }).inputValue(), poison("algorithm-title"));
  const given = await ask("GET", "/api/gantry/v1/algorithms/poisoned/");
  assert.equal(given.title, poison("algorithm-title"));
});

test("markup that is let in is noticed", async () => {
  const { page } = admin;
  await admin.go("/");
  await page.evaluate((text) => {
    document.querySelector("main").innerHTML = text;
  }, venom("let-in"));
  await assert.rejects(isTame(page));
  await page.waitForFunction(() => true);
  assert.notDeepEqual(acted, []);
});
