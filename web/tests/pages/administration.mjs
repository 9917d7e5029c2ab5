// What administrators do: people, the queue, the machine, the log of who did what.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
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
  const row = admin.page.getByRole("row").filter({ hasText: "ada" });
  await row.getByText("Change").click();
  await admin.press("Lock", row);
  assert.match(await admin.page.getByRole("status").innerText(), /ada is locked out/);
  await ada.page.goto("/images/");
  assert.match(ada.page.url(), /\/login\//);

  await row.getByText("Change").click();
  await admin.press("Unlock", row);
  await row.getByText("Change").click();
  await row.getByLabel("Role of ada").selectOption("creator");
  await admin.press("Set the role", row);
  assert.match(await admin.page.getByRole("status").innerText(), /ada is now a creator/);
  await row.getByText("Change").click();
  await admin.press("New password", row);
  const second = await admin.page.locator("#password").innerText();
  assert.notEqual(second, first);
  await ada.login("ada", second);
  await ada.page.getByRole("link", { name: "New algorithm" }).waitFor();
  await ada.close();

  await admin.go("/administration/audit/?who=admin&what=account.");
  const actions = await admin.page.locator("tbody tr td:nth-child(3)").allInnerTexts();
  assert.deepEqual(actions, ["account.password", "account.role", "account.active", "account.active", "account.create"]);
  await look(admin.page);
  const nobody = await admin.page.goto("/administration/audit/?who=nobody");
  assert.equal(nobody.status(), 422);
  assert.match(await admin.page.locator("#who-problem").innerText(), /There is no account/);
  admin.problems.length = 0;
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
