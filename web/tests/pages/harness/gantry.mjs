// A real `gantry serve` of its own for one file of tests: a new data folder, a free port, real containers.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export const ROOT = resolve(import.meta.dirname, "../../../..");
const PROGRAM = process.env.GANTRY ?? join(ROOT, "target/debug/gantry");

export class Gantry {
  // Starts it, and waits until it says that it listens. `config` is the text of `gantry.toml`.
  static async start(config = "") {
    const gantry = new Gantry();
    // Passwords that people have chosen, by those that were made for them.
    gantry.chosen = new Map();
    gantry.folder = await mkdtemp(join(tmpdir(), "gantry-pages-"));
    gantry.home = join(gantry.folder, "home");
    await writeFile(join(gantry.folder, "gantry.toml"), config);
    const settings = ["--config", join(gantry.folder, "gantry.toml")];
    gantry.process = spawn(
      PROGRAM,
      ["serve", "--home", gantry.home, "--listen", "127.0.0.1:0", ...settings],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    gantry.said = "";
    gantry.process.stderr.on("data", (bytes) => (gantry.said += bytes));
    gantry.ended = once(gantry.process, "exit");
    for await (const line of createInterface(gantry.process.stdout)) {
      gantry.base = /listens on (\S+)\//.exec(line)?.[1];
      break;
    }
    if (gantry.base === undefined) throw new Error(`${PROGRAM} does not serve:\n${gantry.said}`);
    gantry.password = /with the password `([^`]+)`/.exec(gantry.said)?.[1];
    return gantry;
  }

  // Ends it, and takes its folder away.
  async stop() {
    this.process.kill("SIGTERM");
    await this.ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  // Runs the client, logged in as the administrator; what it printed. `password` is that of now.
  async client(...words) {
    if (!this.isLoggedIn) {
      const ca = join(this.home, "tls/ca.pem");
      this.isLoggedIn = true;
      await this.run(["login", "--user", "admin", "--ca", ca, this.base], `${this.chosen.get(this.password) ?? this.password}\n`);
    }
    return await this.run(words);
  }

  async run(words, input = "") {
    const env = { ...process.env, XDG_CONFIG_HOME: join(this.folder, "client"), GANTRY_HOME: this.folder };
    const client = spawn(PROGRAM, words, { cwd: ROOT, env, stdio: ["pipe", "pipe", "pipe"] });
    client.stdin.end(input);
    let said = "";
    client.stdout.on("data", (bytes) => (said += bytes));
    client.stderr.on("data", (bytes) => (said += bytes));
    const [code] = await once(client, "exit");
    if (code !== 0) throw new Error(`gantry ${words.join(" ")}: ${code}\n${said}`);
    return said;
  }
}
