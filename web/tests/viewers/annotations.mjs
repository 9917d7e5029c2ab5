// Annotations over a volume: drawn where they lie, listed, gone to.

import assert from "node:assert/strict";
import { near } from "../checks.mjs";
import { mmOf } from "./volume_page.mjs";

const VERSION = { major: 1, minor: 0 };

export async function annotations(server, facts, viewer, checks) {
  const { images, matrix } = facts;
  const inSlice = mmOf(matrix, [12, 18, 6]);
  const box = [[8, 8, 10], [30, 8, 10], [30, 40, 10], [8, 40, 10]].map((voxel) => mmOf(matrix, voxel));
  let values = [];

  await checks.run("annotations become values", async () => {
    values = await valuesOf(server, [
      [
        "viewer-points",
        "Multiple points",
        {
          type: "Multiple points",
          version: VERSION,
          points: [
            { point: inSlice, name: "lesion", probability: 0.75 },
            { point: mmOf(matrix, [30, 30, 17]), name: "cyst" },
          ],
        },
      ],
      ["viewer-box", "2D bounding box", { type: "2D bounding box", version: VERSION, corners: box, name: "tumour" }],
      ["viewer-pixels", "Point", { type: "Point", version: VERSION, point: [30, 44, 17], name: "wrong" }],
    ]);
    assert.equal(values.length, 3);
  });

  await checks.run("annotations are drawn where they lie, and listed", async () => {
    await viewer.open(`images/${images.oblique}/?annotations=${values.join(",")}`);
    const table = viewer.viewer.locator("details.annotation-set").first();
    assert.match(await table.locator("summary").textContent(), /\(2\)/);
    assert.deepEqual(await table.locator("tbody tr td:first-child").allTextContents(), ["lesion", "cyst"]);
    assert.match(await table.locator("tbody tr").first().textContent(), /0\.75/);
    await table.locator("tbody tr").first().locator("button").click();
    near(await viewer.mm(), inSlice, 0.01, "the first point");
    for (const plane of ["axial", "coronal", "sagittal"]) {
      const place = await viewer.place(plane, inSlice);
      near(await dots(viewer, plane, place), [place.x, place.y], 1.5, plane);
    }
  });

  await checks.run("a box is a box in its slice and a line in the others", async () => {
    await viewer.goTo(mmOf(matrix, [20, 20, 10]));
    await viewer.drawn();
    assert.equal(await closedPaths(viewer, "axial"), 1);
    assert.equal(await closedPaths(viewer, "coronal"), 0);
    const ends = [mmOf(matrix, [8, 20, 10]), mmOf(matrix, [30, 20, 10])];
    const [from, to] = [await viewer.place("coronal", ends[0]), await viewer.place("coronal", ends[1])];
    const line = await longestLine(viewer, "coronal");
    near([line.width, line.height], [Math.abs(to.x - from.x), Math.abs(to.y - from.y)], 4, "the line");
  });

  await checks.run("points in pixels instead of millimetres are told", async () => {
    const said = await viewer.viewer.locator("details.annotation-set").nth(2).locator(".notice").textContent();
    assert.match(said, /outside of the image|look like pixels/);
  });

  await checks.run("all sixteen kinds are drawn and listed", async () => {
    const kinds = everyKind(matrix);
    const all = await valuesOf(server, kinds, "every-kind");
    assert.equal(all.length, 16);
    await viewer.open(`images/${images.oblique}/?annotations=${all.join(",")}`);
    await viewer.goTo(mmOf(matrix, [20, 25, 10]));
    await viewer.drawn();
    const drawn = await viewer.viewer.locator('.pane[data-plane="axial"] .annotations path title').allTextContents();
    const titles = new Set(drawn.map((title) => title.split(":")[0]));
    assert.deepEqual([...titles].sort(), kinds.map(([slug]) => slug).sort());
    const sets = viewer.viewer.locator("details.annotation-set");
    assert.equal(await sets.count(), 16);
    // So many tables are folded, or there would be no end to the page.
    assert.equal(await viewer.viewer.locator("details.annotation-set[open]").count(), 0);
    const rows = await sets.evaluateAll((sets) => sets.map((set) => set.querySelectorAll("tbody tr").length));
    assert.equal(rows.filter((count) => count === 2).length, 8);
    assert.equal(rows.filter((count) => count === 1).length, 8);
  });
}

// One of each kind around a voxel of the slice, and for lists the name of their members.
function everyKind(matrix) {
  const at = (x, y) => mmOf(matrix, [20 + x, 25 + y, 10]);
  const shapes = [
    ["2D bounding box", "Multiple 2D bounding boxes", "boxes", { corners: [at(-8, -8), at(8, -8), at(8, 8), at(-8, 8)] }],
    ["Distance measurement", "Multiple distance measurements", "lines", { start: at(-5, 0), end: at(5, 0) }],
    ["Point", "Multiple points", "points", { point: at(0, 0) }],
    [
      "Polygon",
      "Multiple polygons",
      "polygons",
      { seed_point: at(0, 0), path_points: [at(-4, -4), at(4, -4), at(0, 5)], sub_type: "brush", groups: [] },
    ],
    ["Line", "Multiple lines", "lines", { seed_points: [at(-9, 9)], path_point_lists: [[at(-9, 9), at(0, 12), at(9, 9)]] }],
    ["Angle", "Multiple angles", "angles", { lines: [[at(0, 0), at(6, 0)], [at(0, 0), at(0, 6)]] }],
    ["Ellipse", "Multiple ellipses", "ellipses", { major_axis: [at(-7, 0), at(7, 0)], minor_axis: [at(0, -3), at(0, 3)] }],
    ["Three-point angle", "Multiple three-point angles", "angles", { angle: [at(-6, 6), at(0, 0), at(6, 6)] }],
  ];
  const slug = (kind) => `every-${kind.toLowerCase().replaceAll(" ", "-")}`;
  return shapes.flatMap(([kind, many, list, shape]) => [
    [slug(kind), kind, { type: kind, version: VERSION, ...shape }],
    [slug(many), many, { type: many, version: VERSION, [list]: [{ type: kind, ...shape }, { type: kind, ...shape }] }],
  ]);
}

// Numbers of values, each in a case of an archive of its own.
async function valuesOf(server, wanted, slug = "viewers") {
  const archive = await server.post("api/gantry/v1/archives/", { slug, title: slug });
  const item = await server.post("api/v1/archives/items/", {
    archive: `${server.address}api/v1/archives/${archive.id}/`,
    title: "annotations",
  });
  const values = [];
  for (const [slug, kind, value] of wanted) {
    await server.post("api/gantry/v1/sockets/", { slug, title: slug, kind, relative_path: `${slug}.json` });
    if (kind.startsWith("Multiple")) {
      const upload = await server.uploadFile(`${slug}.json`, JSON.stringify(value));
      values.push({ interface: slug, user_upload: upload });
    } else {
      values.push({ interface: slug, value });
    }
  }
  const patched = await server.http.patch(`api/v1/archives/items/${item.pk}/`, { data: { values } });
  if (!patched.ok()) throw new Error(await patched.text());
  const found = await server.get(`api/v1/archives/items/${item.pk}/`);
  const numberOf = (slug) => found.values.find((value) => value.interface.slug === slug)?.pk;
  return wanted.map(([slug]) => numberOf(slug)).filter((number) => number !== undefined);
}

function pathsOf(viewer, plane) {
  return viewer.viewer.locator(`.pane[data-plane="${plane}"] .annotations path:has(title)`);
}

// The middle of the dot that is nearest to a place.
async function dots(viewer, plane, place) {
  const found = await pathsOf(viewer, plane).evaluateAll((paths) =>
    paths
      .filter((path) => path.getAttribute("d").endsWith("h0"))
      .map((path) => {
        const box = path.getBoundingClientRect();
        return [box.left + box.width / 2, box.top + box.height / 2];
      }),
  );
  const away = ([x, y]) => Math.hypot(x - place.x, y - place.y);
  return found.sort((a, b) => away(a) - away(b))[0] ?? null;
}

function closedPaths(viewer, plane) {
  return pathsOf(viewer, plane).evaluateAll(
    (paths) => paths.filter((path) => path.getAttribute("d").endsWith("Z") && !path.hasAttribute("stroke-dasharray")).length,
  );
}

function longestLine(viewer, plane) {
  return pathsOf(viewer, plane).evaluateAll((paths) => {
    const boxes = paths.filter((path) => /L/.test(path.getAttribute("d"))).map((path) => path.getBoundingClientRect());
    const [best] = boxes.sort((a, b) => Math.hypot(b.width, b.height) - Math.hypot(a.width, a.height));
    return best ? { width: best.width, height: best.height } : null;
  });
}
