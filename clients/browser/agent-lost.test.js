// A lost connection costs nothing: what the agent clicks while the gateway is dead is sent once, never twice, also after a reload; and the
// screen as a CRM embeds it: attributes in, events out, its own words.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { button, entries, PATIENCE_MS, ranked, settled, shot, startCallCentre, startCrm } from "./agent.js";
import { openBrowser, violations } from "./browser.js";
import { root, startGateway } from "./server.js";

const CONFIG = JSON.parse(await readFile(join(root, "examples/call_center/screen.json"), "utf8"));
CONFIG.attributes = ["plan", "data_used"];
CONFIG.refusals = ["too_expensive", "moving_abroad"];
CONFIG.labels["refusal:moving_abroad"] = { en: "Moves abroad", de: "Zieht ins Ausland" };

let server;
let gateway;
let crm;
let browser;
let attributes = "";

before(async () => {
  crm = await startCrm(() => attributes);
  [server, browser] = await Promise.all([startCallCentre(), openBrowser()]);
  gateway = await startGateway(server.address, { origins: [crm.origin] });
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
  if (server) assert.equal(await server.stop(), 0, "the server ends in order");
  await crm?.close();
});

/** The CRM's page with the screen for a customer; `page.told` collects what the screen told the CRM. */
async function openCrm(customer, more = "") {
  attributes = `customer="${customer}" base-url="${gateway.url}" agent="maria" ${more}`;
  const page = await (await browser.newContext({ viewport: { width: 1360, height: 880 } })).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.told = [];
  await page.exposeFunction("told", (name, detail) => page.told.push([name, detail]));
  await page.addInitScript(
    ([key, names]) => {
      for (const name of names) addEventListener(name, (event) => window.told(name, event.detail));
      addEventListener("DOMContentLoaded", () => (document.querySelector("nba-agent-screen").apiKey = key));
    },
    [server.keys.agent, ["nba-call-started", "nba-ranked", "nba-reaction", "nba-connection", "nba-call-ended"]],
  );
  await page.goto(crm.origin);
  await ranked(page);
  await settled(page);
  return page;
}

/** What the ledger heard of each action in this call, by their order. */
async function heard(customer, actions) {
  const found = {};
  for (const action of actions) {
    const contacts = (await entries(server, customer, action)).filter((contact) => contact.outcomes?.length);
    found[action] = contacts.flatMap((contact) => contact.outcomes.map((outcome) => outcome.type.replace("OUTCOME_TYPE_", "")));
  }
  return found;
}

test("the gateway is killed while the agent clicks: no reaction lost, none doubled", async () => {
  const anna = await server.ring();
  const page = await openCrm(anna);
  await button(page, "unlimited", "presented").click();
  await Promise.all([gateway.kill(), button(page, "unlimited", "accepted").click()]);
  await button(page, "family-sim", "presented").click();
  await button(page, "family-sim", "refused").click();
  await page.locator('[data-choice="1"]').click();
  await button(page, "fibre", "presented").click();
  await button(page, "fibre", "undo").click();
  await page.locator('[data-field="reason"] button', { hasText: "Question" }).click();
  await page.locator(".link.lost").waitFor();
  assert.match(await page.locator(".notice.warn").innerText(), /Go on working: everything is kept and sent once/);
  await shot(page, "lost");
  const waiting = () => page.locator(".link").getAttribute("data-waiting").then(Number);
  assert.ok((await waiting()) >= 5, "the reactions wait");

  await page.reload();
  await page.locator(".link").waitFor();
  assert.ok((await waiting()) >= 5, "they wait after a reload too");
  await gateway.restart();
  await page.locator("li.card").first().waitFor();
  await settled(page);
  const expected = { unlimited: ["IMPRESSION", "ACCEPTED"], "family-sim": ["IMPRESSION", "REJECTED"] };
  assert.deepEqual(await heard(anna, Object.keys(expected)), expected);

  const [fibre] = (await entries(server, anna, "fibre")).filter((contact) => contact.outcomes?.length);
  assert.deepEqual(fibre.outcomes.slice(0, 1).map(({ type, withdrawn }) => [type, withdrawn ?? false]), [["OUTCOME_TYPE_IMPRESSION", true]]);
  const reading = await server.call("ContactService/GetContacts", { customerId: anna });
  const held = new Set(reading.contacts.filter((contact) => contact.state === "CONTACT_STATE_RESERVED").map((contact) => contact.decisionId));
  assert.ok(held.size <= 1, "one ranking is held, whatever happened to the requests");
  assert.deepEqual(page.told.filter(([name]) => name === "nba-connection").map(([, detail]) => detail.connected).slice(0, 1), [false]);
  await page.context().close();
});

test("a CRM embeds it: attributes in, events out, its own words", async () => {
  const anna = await server.ring();
  const page = await openCrm(anna, `lang="de" theme="dark" call-id="crm-call-7" config='${JSON.stringify(CONFIG)}'`);
  assert.equal(await page.locator("#actions-title").innerText(), "Was Sie vorschlagen können");
  await page.locator(".facts-list dt").nth(1).waitFor(); // the customer is read beside the ranking, and may come behind it
  assert.deepEqual(await page.locator(".facts-list dt").allInnerTexts(), ["Tarif", "Daten verbraucht"]);
  assert.match(await page.locator("li.card .say").first().innerText(), /Unbegrenzt kostet zehn Euro mehr/);
  assert.deepEqual(await violations(page), []);
  await shot(page, "crm");
  await button(page, "unlimited", "refused").click();
  await page.locator('[data-choice="2"]', { hasText: "Zieht ins Ausland" }).click();
  await settled(page);
  await page.locator("[data-end]").click();
  await settled(page);
  const told = Object.fromEntries(page.told);
  assert.equal(told["nba-call-started"].callId, "crm-call-7");
  assert.deepEqual([told["nba-reaction"].kind, told["nba-reaction"].action !== ""], ["unmentioned", true]);
  assert.equal(told["nba-call-ended"].reactions.find((entry) => entry.action === "unlimited").reaction.reason, "moving_abroad");
  const other = await server.ring();
  await page.locator("nba-agent-screen").evaluate((screen, customer) => Object.assign(screen, { callId: "", customer }), other);
  await ranked(page);
  await settled(page);
  assert.equal((await entries(server, other, "unlimited")).length, 1, "setting the attribute rings the next call");
  assert.ok(!page.url().includes(other), "no customer in an address");
  await page.context().close();
});
