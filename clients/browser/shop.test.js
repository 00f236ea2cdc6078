// The example shop, as `nba demo` opens it: a real household's offers, shown, clicked and bought; consent; the tokens of the shop's server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { createInterface } from "node:readline";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { openBrowser, violations } from "./browser.js";
import { bin, root, run, until } from "./server.js";

const PICTURES = process.env.NBA_SCREENSHOTS;
let example;
let browser;
let place;

before(async () => {
  const script = join(dirname(fileURLToPath(import.meta.url)), "example_shop.py");
  example = spawn(join(bin, "python"), [script], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await Promise.race([
    createInterface({ input: example.stdout })[Symbol.asyncIterator]().next().then(({ value }) => [value]),
    new Promise((_, reject) => example.on("exit", (code) => reject(new Error(`the example shop ended with ${code}`)))),
  ]);
  place = JSON.parse(line);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  example?.stdin.end();
  if (example && example.exitCode === null) await new Promise((resolve) => example.on("exit", resolve));
});

/** The shop in a new browser profile. */
async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (fault) => page.faults.push(fault.message));
  page.on("console", (said) => said.type() === "error" && page.faults.push(said.text()));
  await page.goto(place.shop);
  await page.locator("#consent").waitFor();
  return page;
}

async function picture(page, name) {
  if (!PICTURES) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

const said = async (page) => (await page.locator("#log li").allTextContents()).map((line) => line.trim());
const states = (page) => page.locator("[data-nba-placement]").evaluateAll((slots) => slots.map((slot) => slot.dataset.nbaState));

test("without consent the shop shows the same to everybody and keeps its answer alone", async () => {
  const page = await open();
  assert.deepEqual(await states(page), ["fallback", "fallback", "fallback"]);
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "No, thanks" }).click();
  assert.match(await page.locator(".hero").innerText(), /Good food from around the corner/);
  assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage })), '{"example.agreed":"no"}');
  assert.deepEqual(page.faults, []);
  await picture(page, "shop-without-consent");
  await page.context().close();
});

test("a guest signs in: three places for the household, seen, clicked, bought, with no shift and nothing for axe", async () => {
  const page = await open();
  await page.evaluate(() => {
    window.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shifts += entry.hadRecentInput ? 0 : entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.getByRole("button", { name: "Yes, remember me" }).click();
  await until(async () => (await said(page)).some((line) => line.startsWith("decision ")), "the guest's decision");
  await page.selectOption("#customer", place.customer);
  await until(async () => (await said(page)).filter((line) => line.startsWith("decision ")).length === 2, "the household's decision");
  assert.deepEqual(await states(page), ["filled", "filled", "filled"]);
  assert.match(await page.locator(".hero").innerText(), /coupons|10 %/);
  assert.equal(await page.locator(".row [data-nba-action]").count(), 3);
  await until(async () => (await said(page)).filter((line) => line.startsWith("impression")).length >= 4, "impressions");
  assert.equal(await page.evaluate(() => window.shifts), 0);
  assert.deepEqual(await violations(page), []);
  await picture(page, "shop-household");
  await page.locator(".hero a").click();
  await page.waitForURL("**aisle=**");
  await page.getByRole("button", { name: /^Add/ }).first().click();
  await page.getByRole("button", { name: "Order" }).click();
  await until(async () => (await said(page)).some((line) => line.startsWith("converted: $")), "the purchase");
  await until(async () => (await told("converted", "clicked", "impression")), "the server knows of all three");
  assert.deepEqual(page.faults, []);
  await picture(page, "shop-aisle");
  await page.getByRole("button", { name: "Privacy choices" }).click();
  await page.getByRole("button", { name: "No, thanks" }).click();
  await until(async () => (await states(page)).every((state) => state === "fallback"), "fallbacks after the withdrawal");
  assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage })), '{"example.agreed":"no"}');
  await page.context().close();
});

/** Whether one of the household's web contacts has these outcomes. */
async function told(...kinds) {
  const found = JSON.parse(await run("nba", "contacts", place.customer, "--address", place.address, "--json"));
  const contacts = found.contacts ?? [];
  return contacts.some((contact) => kinds.every((kind) => JSON.stringify(contact.outcomes ?? []).toLowerCase().includes(kind)));
}

test("the shop works on a phone and in the dark", async () => {
  for (const [name, options] of [["phone", { viewport: { width: 390, height: 844 } }], ["dark", { colorScheme: "dark" }]]) {
    const page = await open(options);
    await page.getByRole("button", { name: "Yes, remember me" }).click();
    await page.selectOption("#customer", place.customer);
    await until(async () => (await states(page)).every((state) => state === "filled"), "filled");
    assert.deepEqual(await violations(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "no sideways scrolling");
    await picture(page, `shop-${name}`);
    await page.context().close();
  }
});
