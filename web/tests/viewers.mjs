// The viewers in a real browser, on phantoms whose every voxel is known.
//
// usage: node viewers.mjs FACTS.json, which names server, password and phantoms (crates/cli/tests/it/served/viewers.rs).

import { readFile } from "node:fs/promises";
import { Checks } from "./checks.mjs";
import { Server } from "./server.mjs";
import { slides } from "./viewers/slides.mjs";
import { still } from "./viewers/still.mjs";
import { volumes } from "./viewers/volumes.mjs";

const facts = JSON.parse(await readFile(process.argv[2], "utf8"));
const server = await new Server(facts.address, "admin", facts.password).login();
const images = {};
for (const [name, path] of Object.entries(facts.files)) images[name] = await server.upload(path);
const checks = new Checks();
await volumes(server, { ...facts, images }, checks);
await slides(server, { ...facts, images }, checks);
await still(server, { ...facts, images }, checks);
checks.end();
