// Container images of a few lines of shell, as `docker save` writes them, made without a container engine.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const BLOCK = 512;
// Nobody on any machine.
const USER = "1000:1000";

// An archive with a static BusyBox and a script, which runs as a plain user.
export async function container(script, name = "pages/test:1") {
  const busybox = await readFile("/bin/busybox");
  const layer = tar([
    ["bin/", null, 0o755],
    ["tmp/", null, 0o1777],
    ["bin/busybox", busybox, 0o755],
    ["run.sh", Buffer.from(script), 0o755],
  ]);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { User: USER, Entrypoint: ["/bin/busybox", "sh", "/run.sh"], Env: ["PATH=/bin"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    }),
  );
  const names = [`${sha256(config)}.json`, `${sha256(layer)}/layer.tar`];
  const manifest = [{ Config: names[0], RepoTags: [name], Layers: [names[1]] }];
  return tar([
    [names[0], config, 0o644],
    [`${sha256(layer)}/`, null, 0o755],
    [names[1], layer, 0o644],
    ["manifest.json", Buffer.from(JSON.stringify(manifest)), 0o644],
  ]);
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

// POSIX ustar: `[name, bytes or null for a folder, mode]`.
function tar(entries) {
  const blocks = entries.flatMap(([name, bytes, mode]) => {
    const size = bytes?.length ?? 0;
    const padding = Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
    return [header(name, size, mode, bytes === null), ...(bytes === null ? [] : [bytes, padding])];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(name, size, mode, isFolder) {
  const block = Buffer.alloc(BLOCK);
  const octal = (number, width) => `${number.toString(8).padStart(width - 1, "0")}\0`;
  block.write(name, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(" ".repeat(8), 148);
  block.write(isFolder ? "5" : "0", 156);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
