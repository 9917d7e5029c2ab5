// Text that acts wherever a page forgets to escape it, and a watch over somebody's window: whatever acts is noted.

import assert from "node:assert/strict";

// A host that nobody has, asked for only by what acts.
const ELSEWHERE = "elsewhere.invalid";

// Marks that nobody sees: what follows would read backwards, and two names alike.
const HIDDEN = "\u202e\u200b";
const WRITTEN_OUT = "⟨U+202E⟩⟨U+200B⟩";

// Each piece would tell on itself: by a dialog, by a request to another host, or by what the policy of the page refuses.
export const brief = (place) => `${place}'"><script>alert(1)</script><img src=x onerror=alert(1)>`;

// The same with more of it, short enough for a title.
export function poison(place) {
  return (
    `${brief(place)}<svg onload=alert(1)></textarea></script></title><img src=//${ELSEWHERE}/a.png>` +
    `[x](javascript:alert(1)){{7*191}}{%x%}${HIDDEN}txt.exe`
  );
}

// And with everything.
export const venom = (place) =>
  `${poison(place)}<iframe src=javascript:alert(1)></iframe><link rel=stylesheet href=//${ELSEWHERE}/a.css><style>@import "//${ELSEWHERE}/b.css"</style>` +
  `<form action=//${ELSEWHERE}/><button formaction=javascript:alert(1)>x</button></form><a href=javascript:alert(1)>x</a><base href=//${ELSEWHERE}/>` +
  `<math><mtext></mtext><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=alert(1)&gt;"></math>&lt;script&gt;alert(1)&lt;/script&gt;\u0024{7*191}`;

// As programs write it, who may also speak to terminals.
export const printed = (place) => `\u001b[2J\u001b]0;${place}\u0007${venom(place)}`;

// Notes what acts in any page and frame of a visitor.
export async function watch(visitor) {
  const acted = [];
  const { context, gantry } = visitor;
  await context.exposeBinding("refusedByPolicy", ({ frame }, what) => acted.push(`${frame.url()}: the policy refused ${what}`));
  await context.addInitScript(() => {
    const report = globalThis.refusedByPolicy;
    addEventListener("securitypolicyviolation", (event) => void report(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
  });
  context.on("dialog", (dialog) => {
    acted.push(`${dialog.page()?.url()}: a dialog says ${dialog.message()}`);
    void dialog.dismiss().catch(() => {});
  });
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== gantry.base && !["blob:", "data:", "about:"].includes(url.protocol)) acted.push(`asks ${request.url()}`);
  });
  return acted;
}

// Every element of the document that a frame holds, also within the shadows of viewers.
const ALL = `(function all(root) {
  return [...root.querySelectorAll("*")].flatMap((one) => [one, ...(one.shadowRoot === null ? [] : all(one.shadowRoot))]);
})(document)`;

// The page shows the text of each place, plain or within JSON, and nothing of it became markup, in no frame.
export async function isText(page, places) {
  const shown = await page.evaluate((all) => {
    const told = (one) => [one.shadowRoot?.textContent, one.value, one.alt, one.title, one.getAttribute("aria-label")];
    return [document.body.textContent, ...globalThis.eval(all).flatMap(told)].join("\n");
  }, ALL);
  const isShown = (text) => shown.includes(text) || shown.includes(JSON.stringify(text).slice(1, -1));
  assert.deepEqual(places.filter((place) => !isShown(brief(place))), [], `${page.url()} does not show the text: nothing was tried`);
  await isTame(page);
}

// No frame shows a mark that nobody sees; a page of poison has them written out. Forms keep what will be sent.
export async function isLegible(page) {
  for (const frame of page.frames()) {
    const [text, hidden] = await frame.evaluate(readable, ALL);
    assert.equal(hidden, "", `${frame.url()} shows marks that nobody sees`);
    assert.equal(text.includes("txt.exe") && !text.includes(`${WRITTEN_OUT}txt.exe`), false, frame.url());
  }
}

// What is read in a document, and the marks in it with what stands around them.
function readable(all) {
  const kept = ["SCRIPT", "STYLE", "TEXTAREA"];
  const told = (one) => [
    ...[...one.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE && !kept.includes(one.tagName)).map((child) => child.data),
    ...["alt", "title", "aria-label", "placeholder"].map((name) => one.getAttribute(name) ?? ""),
  ];
  const text = globalThis.eval(all).flatMap(told).join("\n");
  const around = text.match(/.{0,20}[\u202e\u200b].{0,20}/gu) ?? [];
  return [text, around.join(" | ")];
}

// Nothing in the page or its frames comes from poison.
export async function isTame(page) {
  for (const frame of page.frames()) {
    const acting = await frame.evaluate((all) => {
      const leads = (address) => {
        const url = URL.parse(address, document.baseURI);
        return url !== null && (url.protocol === "javascript:" || url.host.startsWith("elsewhere."));
      };
      const places = ["href", "src", "action", "formaction"];
      const isActing = (one) =>
        one.getAttributeNames().some((name) => name.startsWith("on")) ||
        (one.localName === "script" && !one.hasAttribute("src") && one.type !== "application/json") ||
        (one.getAttribute("style") ?? "").includes("elsewhere.") ||
        places.some((name) => one.hasAttribute(name) && leads(one.getAttribute(name)));
      return globalThis.eval(all).filter(isActing).map((one) => one.outerHTML.slice(0, 300));
    }, ALL);
    assert.deepEqual(acting, [], frame.url());
    const text = await frame.evaluate(() => document.documentElement.outerHTML);
    assert.equal(text.includes("1337"), false, `${frame.url()} computes what it was given`);
  }
  await isLegible(page);
}
