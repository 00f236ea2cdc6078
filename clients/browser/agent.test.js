// The call-centre scenario on the agent screen, from the ring to the closing note: with the mouse, and by keyboard alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { button, entries, knows, openScreen, preview, settled, shot, startCallCentre, takeCall } from "./agent.js";
import { openBrowser } from "./browser.js";
import { until } from "./server.js";

const NOTE = "The technician was late. Called back, 20 euros credited.";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startCallCentre(), openBrowser()]);
});

after(async () => {
  await browser?.close();
  if (server) assert.equal(await server.stop(), 0, "the server ends in order");
});

/** An e-mail for `unlimited`, planned for tomorrow. */
async function plannedEmail(customer) {
  const plannedAt = new Date(Date.now() + 24 * 3_600_000).toISOString();
  const decided = await server.call("DecisionService/Decide", { customerId: customer, channel: "email", plannedAt });
  assert.deepEqual(decided.actions.map((offer) => offer.action), ["unlimited"]);
  const [entry] = await entries(server, customer, "unlimited");
  assert.equal(entry.counts, true, "the planned e-mail counts");
}

const SALES = ["unlimited", "family-sim", "fibre", "roaming"];

test("a call, from the ring to the closing note", async () => {
  const anna = await server.ring();
  await plannedEmail(anna);
  const page = await openScreen(browser, server.url, server.keys.agent);
  await takeCall(page, anna);
  await knows(page, "Anna Brandt");
  assert.equal(await page.locator("li.card").count(), 3);
  const first = page.locator("li.card").first();
  assert.match(await first.locator(".say").innerText(), /Unlimited would cost you ten euros more/);
  assert.match(await first.locator(".why").innerText(), /Worth more than the others/);
  await page.locator(".contacts", { hasText: "planned" }).waitFor(); // the planned e-mail is in the file
  await settled(page);
  await shot(page, "1-ring");

  await button(page, "family-sim", "presented").click();
  await settled(page);
  const [spoken] = await entries(server, anna, "family-sim");
  assert.deepEqual([spoken.state, spoken.counts], ["CONTACT_STATE_CONFIRMED", true], "an offer that was spoken counts");
  await button(page, "family-sim", "refused").click();
  await shot(page, "2-why-not");
  await page.locator('[data-choice="2"]').click();

  await button(page, "fibre", "unmentioned").click();
  await settled(page);
  const [held] = await entries(server, anna, "fibre");
  assert.equal(held.state, "CONTACT_STATE_RELEASED", "what was not mentioned is released");

  await button(page, "unlimited", "accepted").click();
  await settled(page);
  const mail = (await entries(server, anna, "unlimited")).find((contact) => contact.channel === "email");
  assert.deepEqual([mail.state, mail.counts ?? false], ["CONTACT_STATE_RELEASED", false], "tomorrow's e-mail for it is called off");
  await shot(page, "3-answered");

  await page.locator('[data-score="4"]').click();
  await page.locator("[data-banner]").waitFor();
  await settled(page);
  assert.equal(await page.locator("li.card").count(), 0, "nothing is sold while the matter is open");
  await shot(page, "4-matter");
  for (const channel of ["web", "call", "email", "letter"]) {
    const offers = await preview(server, anna, channel);
    assert.deepEqual(offers.filter((action) => SALES.includes(action)), [], `sales wait on ${channel}`);
  }
  await page.locator("[data-end]").click();
  await settled(page);
  await shot(page, "5-ended");

  const second = await openScreen(browser, server.url, server.keys.agent);
  await takeCall(second, anna);
  await second.locator("li.matter.open").waitFor();
  await second.locator("li.matter.open button", { hasText: "Close" }).click();
  assert.match(await second.locator(".bad-text").innerText(), /Write what was done/, "a matter is closed with a note");
  await second.locator("li.matter.open textarea").fill(NOTE);
  await second.locator("li.matter.open button", { hasText: "Close" }).click();
  await second.locator("li.matter:not(.open)").waitFor();
  await settled(second);
  await second.locator('li.card[data-action="roaming"]').waitFor();
  assert.ok((await preview(server, anna, "letter")).includes("fibre"), "sales are back on every channel");

  const third = await openScreen(browser, server.url, server.keys.agent);
  await takeCall(third, anna);
  assert.equal(await third.locator("li.matter .note").innerText(), NOTE, "the next agent reads the closing note");
  await shot(third, "6-next-agent");
  assert.deepEqual([...page.faults, ...second.faults, ...third.faults], []);
  for (const done of [page, second, third]) await done.context().close();
});

test("the same call by keyboard alone", async () => {
  const anna = await server.ring();
  await plannedEmail(anna);
  const page = await openScreen(browser, server.url, server.keys.agent);
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () =>
    page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      const place = element?.closest("li.card, li.answer, [data-region]");
      return [place?.dataset.action ?? place?.dataset.region ?? "", element?.dataset.do ?? element?.dataset.choice ?? ""];
    });
  await page.evaluate(() => document.activeElement?.blur());
  for (let steps = 0; (await page.evaluate(() => document.querySelector("nba-agent-screen").shadowRoot.activeElement?.id)) !== "customer"; steps++) {
    assert.ok(steps < 10, "the customer number is reached by Tab");
    await press("Tab");
  }
  await page.keyboard.type(anna);
  await press("Enter");
  await page.locator("li.card").first().waitFor();
  await settled(page);

  await press("F4");
  assert.deepEqual(await focused(), ["unlimited", "presented"]);
  await press("ArrowDown", "ArrowDown");
  assert.deepEqual(await focused(), ["family-sim", "presented"]);
  await press("p");
  assert.deepEqual(await focused(), ["family-sim", "accepted"], "the focus stays with the proposal");
  await press("r");
  assert.deepEqual(await focused(), ["family-sim", "1"], "the reasons have the focus");
  await press("Escape");
  assert.deepEqual(await focused(), ["family-sim", "refused"], "Escape leaves the choice");
  await press("r", "2");
  assert.deepEqual(await focused(), ["unlimited", "presented"], "the next open proposal");
  await press("ArrowDown", "n");
  await settled(page);
  assert.equal((await entries(server, anna, "fibre"))[0].state, "CONTACT_STATE_RELEASED");
  assert.deepEqual((await entries(server, anna, "family-sim"))[0].outcomes.map((outcome) => outcome.type), [
    "OUTCOME_TYPE_IMPRESSION",
    "OUTCOME_TYPE_REJECTED",
  ]);
  await press("F4", "ArrowRight", "Enter");
  await settled(page);
  assert.match(await page.locator('li.answer[data-action="unlimited"]').innerText(), /Accepted/);
  const mail = (await entries(server, anna, "unlimited")).find((contact) => contact.channel === "email");
  assert.equal(mail.state, "CONTACT_STATE_RELEASED");
  await press("u");
  const accepted = async () => (await entries(server, anna, "unlimited")).find((contact) => contact.channel === "call").outcomes[0];
  await until(async () => (await accepted()).withdrawn, "the undo reaches the server");
  await settled(page);

  await press("F2", "ArrowRight", "Enter");
  await settled(page);
  assert.equal(await page.locator('[data-field="reason"] [aria-pressed="true"]').innerText(), "Fault");
  await page.locator('li.card[data-action="technician"]').waitFor();

  await press("F9", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Enter");
  await page.locator("[data-banner]").waitFor();
  await press("F9", "Tab", "Enter");
  await page.locator(".wrap h2", { hasText: "Call ended" }).waitFor();
  for (let steps = 0; (await page.evaluate(() => document.querySelector("nba-agent-screen").shadowRoot.activeElement?.tagName)) !== "TEXTAREA"; steps++) {
    assert.ok(steps < 40, "the closing note is reached by Tab");
    await press("Tab");
  }
  await page.keyboard.type(NOTE);
  await press("Tab", "Enter");
  await page.locator("li.matter:not(.open) .note", { hasText: NOTE }).waitFor();
  await settled(page);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("twenty changes of context are one contact", async () => {
  const anna = await server.ring();
  const page = await openScreen(browser, server.url, server.keys.agent);
  await takeCall(page, anna);
  const chips = page.locator('[data-field="reason"] button');
  for (let change = 0; change < 20; change++) await chips.nth(change % 5).click();
  await settled(page);
  const reading = await server.call("ContactService/GetContacts", { customerId: anna });
  const decisions = new Set(reading.contacts.filter((contact) => contact.counts).map((contact) => contact.decisionId));
  assert.equal(decisions.size, 1, "what counts belongs to the last decision");
  assert.equal(reading.limits.find((limit) => limit.limit === "four-offers-a-week").used, 1);
  assert.equal(await page.locator('[data-field="reason"] [aria-pressed="true"]').innerText(), "Question");
  await page.context().close();
});

test("a reload goes on with the same call", async () => {
  const anna = await server.ring();
  const page = await openScreen(browser, server.url, server.keys.agent);
  await takeCall(page, anna);
  await button(page, "unlimited", "presented").click();
  await settled(page);
  await page.reload();
  await page.locator("li.card.presented").waitFor();
  await settled(page);
  assert.equal(await page.locator("li.card").count(), 3);
  const reading = await server.call("ContactService/GetContacts", { customerId: anna });
  assert.equal(reading.totalContacts, 3, "no second decision was made");
  await page.context().close();
});
