// Algorithms for tests, brought in by the client.

import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./gantry.mjs";
import { container } from "./container.mjs";

// The demo algorithm, with its container image.
export async function otsu(gantry) {
  await gantry.client("algorithm", "create", join(ROOT, "images/otsu/algorithm.toml"));
  await gantry.client("algorithm", "push", "otsu", join(ROOT, "target/images/otsu.oci.tar"));
}

// An algorithm of one text in and one text out whose program is a few lines of shell. Input and output lie in
// `/input/words.json` and `/output/echo.json`.
export async function scripted(gantry, slug, script) {
  const folder = await mkdtemp(join(gantry.folder, "algorithm-"));
  const manifest = `
title = "Scripted: ${slug}"
slug = "${slug}"

[limits]
memory = "256MB"
cpu = "100%"
pids = 16
time = "1m"
disk = "64MiB"
output = "16MiB"

[[sockets]]
slug = "words"
title = "Words"
kind = "String"
relative_path = "words.json"

[[sockets]]
slug = "echo"
title = "Echo"
kind = "String"
relative_path = "echo.json"

[[interfaces]]
inputs = ["words"]
outputs = ["echo"]
`;
  await writeFile(join(folder, "algorithm.toml"), manifest);
  await writeFile(join(folder, "image.tar"), await container(script));
  await gantry.client("algorithm", "create", join(folder, "algorithm.toml"));
  await gantry.client("algorithm", "push", slug, join(folder, "image.tar"));
}
