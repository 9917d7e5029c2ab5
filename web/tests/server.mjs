// A server under test: its API, its images, a browser that is logged in.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { chromium, request } from "playwright-core";

// Flags for Debian's Chromium without a graphics card: WebGL by SwiftShader, or a plain canvas.
const FLAGS = {
  webgl: ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  canvas: ["--disable-gpu"],
};

export class Server {
  constructor(address, username, password) {
    this.address = address;
    this.username = username;
    this.password = password;
  }

  // Logs in for the API.
  async login() {
    const http = await request.newContext({ ignoreHTTPSErrors: true, baseURL: this.address });
    const body = { username: this.username, password: this.password, name: "test" };
    const { token } = await answer(http.post("api/gantry/v1/login/token/", { data: body }));
    await http.dispose();
    this.http = await request.newContext({
      ignoreHTTPSErrors: true,
      baseURL: this.address,
      extraHTTPHeaders: { Authorization: `Bearer ${token}` },
    });
    return this;
  }

  get(path) {
    return answer(this.http.get(path));
  }

  post(path, data) {
    return answer(this.http.post(path, { data }));
  }

  // Uploads bytes; the address of the upload.
  async uploadFile(filename, bytes) {
    const upload = await this.post("api/v1/uploads/", { filename });
    const action = (name) => `api/v1/uploads/${upload.pk}/${upload.s3_upload_id}/${name}/`;
    const signed = await answer(this.http.patch(action("generate-presigned-urls"), { data: { part_numbers: [1] } }));
    const put = await this.http.put(signed.presigned_urls["1"], { data: bytes });
    const parts = [{ ETag: put.headers()["etag"], PartNumber: 1 }];
    const whole = await answer(this.http.patch(action("complete-multipart-upload"), { data: { parts } }));
    return whole.api_url;
  }

  // Uploads a file and waits until it is an image; its id.
  async upload(path) {
    const uploads = [await this.uploadFile(basename(path), await readFile(path))];
    let session = await this.post("api/v1/cases/upload-sessions/", { uploads });
    while (["Queued", "Started"].includes(session.status)) session = await this.get(session.api_url);
    if (session.image_set.length !== 1) throw new Error(`${path}: ${JSON.stringify(session)}`);
    return session.image_set[0].split("/").at(-2);
  }

  // A browser that is logged in. What goes wrong in a page is gathered in `problems`.
  async browser(kind, options = {}) {
    const browser = await chromium.launch({
      executablePath: process.env.GANTRY_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", ...FLAGS[kind]],
    });
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      baseURL: this.address,
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    const problems = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !isNoise(message.text())) problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto("login/");
    await page.fill("input[name=username]", this.username);
    await page.fill("input[name=password]", this.password);
    await page.click("main form button");
    await page.waitForURL((url) => !url.pathname.startsWith("/login"));
    if (new URL(page.url()).pathname === "/account/") await this.choose(page);
    return { browser, context, page, problems };
  }

  // A password of one's own, in place of the one that the first start made.
  async choose(page) {
    this.password = `own ${this.password}`;
    await page.fill("#new", this.password);
    await page.fill("#again", this.password);
    await page.click("main form button");
    await page.waitForURL((url) => url.pathname === "/");
  }
}

// What drivers without a graphics card say about themselves.
function isNoise(text) {
  return /GL Driver Message|GPU stall due to ReadPixels|Automatic fallback to software WebGL/.test(text);
}

async function answer(sent) {
  const found = await sent;
  if (!found.ok()) throw new Error(`${found.url()}: ${found.status()} ${await found.text()}`);
  return await found.json();
}
