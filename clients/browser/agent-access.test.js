// The agent screen for everybody: axe finds nothing in light, dark and German; it works at 400 % zoom; live regions say what changed; a wrong
// key is explained; what is shown to learn says so.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { button, knows, openScreen, ranked, settled, shot, startCallCentre, takeCall } from "./agent.js";
import { openBrowser, violations } from "./browser.js";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startCallCentre({ epsilon: 1 }), openBrowser()]);
});

after(async () => {
  await browser?.close();
  if (server) assert.equal(await server.stop(), 0, "the server ends in order");
});

/** A screen with everything on it: a matter, a closed one, answered proposals, an open choice, numbers. */
async function fullScreen(theme, language, viewport = { width: 1360, height: 880 }) {
  const anna = await server.ring();
  const event = (eventId) => ({ customerId: anna, eventId, complaint: { category: "bill" }, text: "The bill is wrong." });
  await server.call("EventService/RecordEvents", { events: [event("c-1")] });
  const page = await openScreen(browser, server.url, server.keys.agent, { viewport });
  await page.locator("#theme").selectOption(theme);
  await page.locator("#language").selectOption(language);
  await takeCall(page, anna);
  await page.locator('[data-field="reason"] button').nth(3).click();
  await settled(page);
  return page;
}

for (const [theme, language] of [
  ["light", "en"],
  ["dark", "de"],
]) {
  test(`axe finds nothing: ${theme}, ${language}`, async () => {
    const page = await fullScreen(theme, language);
    assert.deepEqual(await violations(page), [], "with a matter and a proposal");
    await page.locator('li.card [data-do="numbers"]').first().click();
    await page.locator('li.card [data-do="later"]').first().click();
    await page.locator(".more-facts button").first().click();
    await page.locator("[data-complain]").click();
    assert.deepEqual(await violations(page), [], "with choices and forms open");
    await shot(page, `${theme}-${language}`);
    await page.locator("[data-help]").click();
    await page.locator("dialog[open]").waitFor();
    assert.deepEqual(await violations(page), [], "with the dialog open");
    await shot(page, `help-${theme}-${language}`);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.context().close();
  });
}

test("it works at 400 % zoom", async () => {
  const page = await fullScreen("light", "de", { width: 320, height: 256 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 320, `nothing scrolls sideways: ${width}`);
  await page.locator('li.card [data-do="refused"]').first().click();
  await page.locator('[data-choice="1"]').click();
  await settled(page);
  assert.deepEqual(await violations(page), []);
  await shot(page, "narrow");
  await page.context().close();
});

test("what is shown to learn says so", async () => {
  const page = await openScreen(browser, server.url, server.keys.agent);
  const learning = page.locator("li.card", { has: page.locator(".badge.learn") });
  do {
    // With every pick by chance, one call in 24 has the best order all the same.
    await takeCall(page, await server.ring());
    await settled(page);
    if ((await learning.count()) === 0) await page.locator("button", { hasText: "Next caller" }).click();
  } while ((await learning.count()) === 0);
  assert.match(await learning.first().innerText(), /Shown to learn how customers take it; it did not have to rank best\./);
  await shot(page, "learning");
  await page.context().close();
});

test("live regions say what changed", async () => {
  const page = await openScreen(browser, server.url, server.keys.agent);
  await takeCall(page, await server.ring());
  const status = page.locator('nba-agent-screen [role="status"]').first();
  assert.match(await status.innerText(), /Ranked: 3 proposals\. First: /);
  const first = page.locator("li.card").first();
  const title = await first.locator("h3").innerText();
  const action = await first.getAttribute("data-action");
  await button(page, action, "accepted").click();
  assert.match(await status.innerText(), new RegExp(`${title}: Accepted\\.`));
  await page.locator('[data-score="2"]').click();
  await page.locator('[role="alert"]', { hasText: "A matter is open: Unhappy customer." }).waitFor({ state: "attached" });
  await page.context().close();
});

test("single-letter shortcuts can be switched off", async () => {
  const page = await openScreen(browser, server.url, server.keys.agent);
  await takeCall(page, await server.ring());
  await settled(page);
  await page.locator("[data-help]").click();
  await page.locator("dialog input").uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("F4");
  await page.keyboard.press("a");
  assert.equal(await page.locator("li.answer").count(), 0);
  await page.context().close();
});

test("a link takes the call, and leaves no customer in the address", async () => {
  const anna = await server.ring();
  const page = await openScreen(browser, server.url, server.keys.agent);
  await page.evaluate((customer) => (location.hash = `customer=${customer}`), anna);
  await ranked(page);
  await knows(page, "Anna Brandt");
  assert.ok(!page.url().includes(anna));
  await page.context().close();
});

test("a wrong key and a customer without a profile are explained", async () => {
  const page = await browser.newPage();
  await page.goto(`${server.url}/agent/`);
  await page.locator("#key").fill("nba_wrong");
  await page.keyboard.press("Enter");
  await page.locator(".sign-in", { hasText: "The server does not know this key." }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.locator("#key").fill(server.keys.agent);
  await page.keyboard.press("Enter");
  await page.locator("#key").waitFor({ state: "detached" });
  assert.ok(!page.url().includes("nba_"), "the key is in no address");
  await page.locator("#customer").fill("nobody-knows");
  await page.keyboard.press("Enter");
  await ranked(page);
  await page.locator(".profile", { hasText: "No profile." }).waitFor();
  await shot(page, "unknown");
  await page.close();
});
