// What administrators do: people, the queue, the machine, the log of who did what.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { scripted } from "./harness/algorithm.mjs";
import { Visitor, launch } from "./harness/browser.mjs";
import { Gantry } from "./harness/gantry.mjs";
import { look } from "./harness/look.mjs";

let gantry;
let browser;

before(async () => {
  [gantry, browser] = await Promise.all([Gantry.start(), launch()]);
});

after(async () => {
  await browser?.close();
  await gantry?.stop();
});

async function administrator() {
  const admin = await Visitor.open(browser, gantry);
  await admin.login("admin", gantry.password);
  return admin;
}

test("a new account logs in with the password that was shown once, is locked out, and comes back with another", async () => {
  const admin = await administrator();
  await admin.go("/administration/people/");
  await look(admin.page);
  await admin.page.getByLabel("Name", { exact: true }).last().fill("Ada!");
  await admin.press("Make the account");
  assert.match(await admin.page.locator("#username-problem").innerText(), /no user name/);
  assert.equal(await admin.page.locator("#username").inputValue(), "Ada!");
  admin.problems.length = 0;
  await admin.page.locator("#username").fill("ada");
  await admin.press("Make the account");
  const first = await admin.page.locator("#password").innerText();
  await look(admin.page);

  const ada = await Visitor.open(browser, gantry);
  await ada.login("ada", first);
  assert.equal(await ada.page.locator(".who a").innerText(), "ada");

  await admin.go("/administration/people/");
  await admin.page.getByRole("link", { name: "ada", exact: true }).click();
  await admin.page.getByText("chosen by its owner").waitFor();
  await look(admin.page);
  await admin.press("Lock");
  assert.match(await admin.page.getByRole("status").innerText(), /ada is locked out/);
  await ada.page.goto("/images/");
  assert.match(ada.page.url(), /\/login\//);

  await admin.press("Unlock");
  await admin.page.getByLabel("Role of ada").selectOption("creator");
  await admin.press("Set the role");
  assert.match(await admin.page.getByRole("status").innerText(), /ada is now a creator/);
  await admin.press("New password");
  const second = await admin.page.locator("#password").innerText();
  assert.notEqual(second, first);
  await ada.login("ada", second);
  await ada.page.getByRole("link", { name: "New algorithm" }).waitFor();
  await ada.close();

  await admin.go("/administration/audit/?who=admin&what=account.");
  const actions = await admin.page.locator("tbody tr td:nth-child(3)").allInnerTexts();
  assert.deepEqual(actions, ["account.password", "account.role", "account.active", "account.active", "account.create", "account.password"]);
  await look(admin.page);
  const nobody = await admin.page.goto("/administration/audit/?who=nobody");
  assert.equal(nobody.status(), 422);
  assert.match(await admin.page.locator("#who-problem").innerText(), /There is no account/);
  admin.problems.length = 0;
  await admin.close();
});

test("a quota is set, shown to its owner, and keeps jobs and uploads within it", async () => {
  const admin = await administrator();
  const { page } = admin;
  await scripted(gantry, "quick", "echo '\"done\"' > /output/echo.json");
  // It waits for a file that never comes.
  await scripted(gantry, "patient", "echo begun; while [ ! -e /tmp/never ]; do sleep 1; done");
  await admin.go("/administration/people/");
  await page.locator("#username").fill("cleo");
  await admin.press("Make the account");
  const password = await page.locator("#password").innerText();
  for (const slug of ["quick", "patient"]) {
    await admin.go(`/algorithms/${slug}/people/`);
    await page.getByLabel("Name", { exact: true }).fill("cleo");
    await admin.press("Add");
  }
  await admin.go("/administration/people/");
  await page.getByRole("link", { name: "cleo", exact: true }).click();
  await page.getByLabel("Jobs at once").fill("several");
  await page.getByLabel("Stored bytes").fill("1 heap");
  await admin.press("Save the quota");
  assert.match(await page.locator("#running-problem").innerText(), /`several` is no number of jobs/);
  assert.match(await page.locator("#bytes-problem").innerText(), /1 heap/);
  assert.equal(await page.getByLabel("Jobs at once").inputValue(), "several");
  admin.problems.length = 0;
  await page.getByLabel("Jobs at once").fill("1");
  await page.getByLabel("Jobs that have not ended", { exact: true }).fill("2");
  await page.getByLabel("Stored bytes").fill("");
  await admin.press("Save the quota");
  assert.match(await page.getByRole("status").innerText(), /quota is saved/);
  await look(page);

  const cleo = await Visitor.open(browser, gantry);
  await cleo.login("cleo", password);
  const submit = async (slug) => {
    await cleo.go(`/algorithms/${slug}/try/`);
    await cleo.page.getByLabel("Words").fill("some");
    await cleo.press("Run it");
  };
  await submit("patient");
  await cleo.page.locator(`#job-live[data-state="executing"]`).waitFor();
  await submit("patient");
  await cleo.go("/account/");
  const own = cleo.page.locator("section", { hasText: "What you use" });
  assert.match(await own.innerText(), /Jobs that run\s+1 of 1 used up\s+Jobs that have not ended\s+2 of 2 used up/);
  await look(cleo.page);
  await cleo.go("/algorithms/patient/try/");
  await cleo.page.getByText("Your quota of jobs that have not ended is used up: 2 of 2").waitFor();
  await admin.go("/administration/");
  await page.getByText("cleo has a quota of 1 job at once, 1 run").waitFor();
  for (const row of [1, 0]) await admin.press("Cancel", page.getByRole("row").filter({ hasText: "patient" }).nth(row));
  await cleo.go("/jobs/");
  await cleo.page.getByText("cancelled", { exact: false }).nth(1).waitFor();

  await admin.go("/administration/people/");
  await page.getByRole("link", { name: "cleo", exact: true }).click();
  await page.getByLabel("Jobs that have not ended", { exact: true }).fill("");
  await page.getByLabel("Stored bytes").fill("1kB");
  await admin.press("Save the quota");
  const upload = async (bytes) =>
    await cleo.page.evaluate(async (bytes) => {
      const csrf = document.querySelector("input[name=csrf]").value;
      const headers = { "content-type": "application/json", "x-csrf-token": csrf };
      const begun = await fetch("/api/v1/uploads/", { method: "POST", headers, body: '{"filename": "a.txt"}' });
      if (begun.status !== 201) return await begun.json();
      const { pk, s3_upload_id } = await begun.json();
      const action = (name) => `/api/v1/uploads/${pk}/${s3_upload_id}/${name}/`;
      const signed = await fetch(action("generate-presigned-urls"), { method: "PATCH", headers, body: '{"part_numbers": [1]}' });
      const url = new URL((await signed.json()).presigned_urls["1"]);
      const put = await fetch(url.pathname + url.search, { method: "PUT", body: new Uint8Array(bytes) });
      return put.ok ? put.status : await put.json();
    }, bytes);
  await cleo.go("/account/");
  assert.equal(await upload(900), 200);
  const refused = await upload(200);
  assert.match(refused.detail, /Your quota of stored bytes is used up: 900 bytes of 1000 bytes; delete/);
  assert.equal(await upload(100), 200);
  assert.match((await upload(1)).detail, /1000 bytes of 1000 bytes/);
  await cleo.go("/algorithms/quick/try/");
  await cleo.page.getByText("Your quota of stored bytes is used up").waitFor();
  cleo.problems.length = 0;
  await cleo.close();
  await admin.close();
});

test("nobody else sees the administration", async () => {
  const nobody = await Visitor.open(browser, gantry);
  for (const path of ["", "people/", "machine/", "audit/"]) {
    await nobody.page.goto(`/administration/${path}`);
    assert.match(nobody.page.url(), /\/login\/\?next=/, path);
  }
  await nobody.close();

  const admin = await administrator();
  await admin.go("/administration/people/");
  await admin.page.locator("#username").fill("bea");
  await admin.press("Make the account");
  const password = await admin.page.locator("#password").innerText();
  await admin.close();
  const bea = await Visitor.open(browser, gantry);
  await bea.login("bea", password);
  assert.equal(await bea.page.getByRole("link", { name: "Administration" }).count(), 0);
  for (const path of ["", "people/", "machine/", "audit/"]) {
    await bea.refused(`/administration/${path}`, 403);
  }
  await look(bea.page);
  await bea.close();
});

test("the machine says what it has, what it promised and what it keeps", async () => {
  const admin = await administrator();
  await admin.go("/administration/machine/");
  await look(admin.page);
  const page = admin.page;
  assert.match(await page.locator("section", { hasText: "Configuration in force" }).innerText(), /jobs\.memory/);
  assert.equal(await page.getByRole("region", { name: "Guarantees" }).getByRole("row").count(), 23);
  assert.match(await page.locator("#disk + p").innerText(), /are free/);
  // The secrets of the data folder are nowhere on it.
  assert.doesNotMatch(await page.content(), /signing|\.key|PRIVATE/);
  await admin.go("/administration/");
  await look(page);
  await admin.close();
});
