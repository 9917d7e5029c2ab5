// A page with a <volume-viewer>, and what can be asked of it.

export class VolumePage {
  constructor(page) {
    this.page = page;
    this.viewer = page.locator("volume-viewer");
  }

  async open(path) {
    await this.page.goto(path);
    await this.ready();
  }

  async ready() {
    await this.page.waitForSelector('volume-viewer:is([data-ready="full"], [data-ready="error"])', { timeout: 120_000 });
    const ready = await this.viewer.getAttribute("data-ready");
    if (ready !== "full") throw new Error(await this.page.locator("volume-viewer [role=alert]").textContent());
  }

  goTo(mm) {
    return this.viewer.evaluate((viewer, mm) => viewer.goTo(mm), mm);
  }

  // The next frame has been drawn.
  drawn() {
    return this.viewer.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  }

  colour(plane, mm) {
    return this.viewer.evaluate((viewer, [plane, mm]) => viewer.colour(plane, mm), [plane, mm]);
  }

  place(plane, mm) {
    return this.viewer.evaluate((viewer, [plane, mm]) => viewer.place(plane, mm), [plane, mm]);
  }

  async value() {
    await this.drawn();
    return await this.viewer.getAttribute("data-value");
  }

  async mm() {
    await this.drawn();
    return (await this.viewer.getAttribute("data-mm")).split(",").map(Number);
  }

  // The range of a layer, from its controls.
  async range(title) {
    const inputs = this.viewer.locator(`section.layer[aria-label="${title}"] input[type=number]`);
    return [Number(await inputs.nth(0).inputValue()), Number(await inputs.nth(1).inputValue())];
  }

  async press(key) {
    await this.viewer.locator(".pane:visible").first().focus();
    await this.page.keyboard.press(key);
    await this.drawn();
  }
}

// Grey of a value in a range, 0 to 255.
export function grey(value, [low, high]) {
  return Math.round(Math.min(Math.max((value - low) / (high - low), 0), 1) * 255);
}

// A colour over another one.
export function mixed(over, under, opacity) {
  return under.map((value, place) => over[place] * opacity + value * (1 - opacity));
}

// LPS mm of a voxel.
export function mmOf(matrix, [i, j, k]) {
  return [0, 1, 2].map((row) => matrix[row * 4] * i + matrix[row * 4 + 1] * j + matrix[row * 4 + 2] * k + matrix[row * 4 + 3]);
}
