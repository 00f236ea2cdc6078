// What the website SDK promises, in a real browser against a real server: one contact a visit, events that arrive once, fallbacks in time,
// no shift, and nothing of anybody before they agreed.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";

import { violations } from "./browser.js";
import { root, until, upsert } from "./server.js";
import { slowDoor, startWebsite } from "./website.js";

const FALLBACK = "The same for everybody";
let world;

before(async () => {
  world = await startWebsite();
});
after(async () => world?.stop());

/** The customer's contacts on the web, the newest first. */
async function contacts(customerId) {
  const found = await world.server.call("ContactService/GetContacts", { customerId });
  return (found.contacts ?? []).filter((contact) => contact.channel === "web");
}

const kinds = (contact) => (contact.outcomes ?? []).map((outcome) => outcome.type.replace("OUTCOME_TYPE_", "").toLowerCase());
const slot = (page) => page.locator("#slot").innerText();
const kept = (page) => page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie);

/** Waits until the customer's newest web contact has these outcomes. */
async function heard(customerId, ...wanted) {
  return until(async () => {
    const [contact] = await contacts(customerId);
    return contact && wanted.every((kind) => kinds(contact).includes(kind)) && contact;
  }, `${customerId}: ${wanted}`);
}

/** Fills the page's slot with a budget of 300 ms, and takes at least so long. What a busy machine loses, a timer beside it loses too. */
async function filledInTime(page, least) {
  const [took, timer] = await page.evaluate(async () => {
    const began = performance.now();
    const beside = new Promise((resolve) => setTimeout(() => resolve(performance.now() - began), 300));
    await window.nba.fill();
    return [performance.now() - began, await beside];
  });
  assert.ok(took >= least && took < timer + 1_000, `${took} ms, and a timer of 300 ms took ${timer} ms`);
}

test("a slot is filled with what fits the customer, without any shift, and axe finds nothing", async () => {
  await upsert(world.server, "anna");
  const page = await world.open({ subject: "c:anna" });
  await page.evaluate(() => window.nba.fill());
  assert.match(await slot(page), /Never run out of data\s+See the tariff/);
  assert.equal(await page.locator("#slot a").getAttribute("href"), `${world.site.origin}/tariff`);
  assert.equal(await page.evaluate(() => window.shifts), 0);
  assert.deepEqual(await violations(page), []);
  await page.context().close();
});

/** README's page as its reader opens it, with the door where README has it; `ask` lets a decision through. */
async function readme(ask) {
  const profile = await world.browser.newContext({ viewport: { width: 1200, height: 800 } });
  const page = await profile.newPage();
  // The snippet's 300 ms are for a machine that has nothing else to do.
  await page.addInitScript(`const timer = setTimeout; window.setTimeout = (then, ms) => timer(then, ms === 300 ? 5000 : ms)`);
  await page.route("http://127.0.0.1:8080/**", async (route) => {
    const request = route.request();
    if (request.url().endsWith("/Decide") && !(await ask())) return route.abort();
    const headers = { ...request.headers(), authorization: `Bearer ${world.server.token("c:anna")}` };
    return route.fulfill({ response: await route.fetch({ url: request.url().replace("http://127.0.0.1:8080", world.server.url), headers }) });
  });
  await page.goto(`${world.site.origin}/readme`);
  return page;
}

test("README's place holds bare text: unseen while the answer is awaited, and gone when there is an offer", async () => {
  await upsert(world.server, "anna");
  let answer;
  const asked = new Promise((resolve) => (answer = resolve));
  const page = await readme(() => asked);
  const place = page.locator("[data-nba-placement]");
  assert.equal(await place.getAttribute("data-nba-state"), "waiting");
  assert.equal(await place.innerText(), "");
  answer(true);
  await page.locator("[data-nba-state=filled]").waitFor();
  assert.equal(await place.innerText(), "Never run out of data");
  await page.context().close();
});

test("README's place is as the page has it when no answer comes", async () => {
  const page = await readme(() => false);
  await page.locator("[data-nba-state=fallback]").waitFor();
  assert.equal(await page.locator("[data-nba-placement]").innerHTML(), "What everybody sees");
  await page.context().close();
});

test("bare text beside elements comes back in its order when consent ends, and is replaced again when it is given", async () => {
  await upsert(world.server, "ines");
  const page = await world.open({ subject: "c:ines" });
  const fallback = "For <b>everybody</b>, since 1998.";
  await page.evaluate((html) => (document.querySelector("#slot").innerHTML = html), fallback);
  await page.evaluate(() => window.nba.fill());
  assert.equal(await slot(page), "Never run out of data");
  await page.evaluate(() => window.nba.consent(false));
  assert.equal(await slot(page), "For everybody, since 1998.");
  await page.evaluate(async () => (window.nba.consent(true), await window.nba.refill()));
  assert.equal(await slot(page), "Never run out of data");
  await page.context().close();
});

test("what is no token is named before it is sent; a page that does not ask is warned on the console, once", async () => {
  const page = await world.open({ options: { consent: false } });
  const warned = [];
  page.on("console", (message) => message.type() === "warning" && warned.push(message.text()));
  const said = await page.evaluate(async (baseUrl) => {
    const errors = [];
    const client = (more) =>
      window.NBA.createClient({ baseUrl, consent: true, getToken: async () => "<!DOCTYPE html><title>Error</title>", ...more });
    await client({ onError: (error) => errors.push(error.message) }).decide();
    const silent = client();
    await silent.decide();
    await silent.decide();
    return errors;
  }, world.server.url);
  assert.match(said.join(), /^`getToken` or `identify` gave no subject token \(three parts with dots\) but "<!DOCTYPE html>/);
  await until(() => warned.length > 0, "a warning");
  assert.deepEqual(warned.map((text) => /^nba: .*no subject token/.test(text)), [true]);
  assert.ok(!page.seen.some((url) => url.endsWith("/Decide")));
  await page.context().close();
});

test("an impression is half of the slot for a second in a page that is in front, and nothing less", async () => {
  await upsert(world.server, "ben");
  const page = await world.open({ subject: "c:ben", top: 1500, clock: true });
  await page.evaluate(() => window.nba.fill());
  const place = await page.locator("#slot a").evaluate((element) => {
    new IntersectionObserver((entries) => (window.share = entries.at(-1).intersectionRatio), { threshold: [0, 0.25, 0.5, 0.75, 1] }).observe(element);
    const { top, height } = element.getBoundingClientRect();
    return { top: top + scrollY, height };
  });
  const show = async (share, holds) => {
    await page.evaluate((y) => scrollTo(0, y), place.top - 800 + place.height * share);
    await until(() => page.evaluate(holds), `a share of ${share}`);
  };
  const front = (state) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "visibilityState", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  const half = () => window.share >= 0.75;
  await page.clock.pauseAt(Date.now() + 1_000);
  await show(0.4, () => window.share > 0 && window.share < 0.5);
  await page.clock.runFor(1_100);
  await show(1, half);
  await page.clock.runFor(900);
  await show(-0.5, () => window.share === 0);
  await show(1, half);
  await page.clock.runFor(900);
  await front("hidden");
  await page.clock.runFor(200);
  assert.deepEqual(await page.evaluate(() => window.events), []);
  assert.deepEqual((await contacts("ben")).map((contact) => contact.state), ["CONTACT_STATE_RESERVED"]);
  await front("visible");
  await page.clock.runFor(990);
  assert.deepEqual(await page.evaluate(() => window.events), []);
  await page.clock.runFor(20);
  assert.deepEqual(await page.evaluate(() => window.events), ["impression"]);
  await page.clock.resume();
  const contact = await heard("ben", "impression");
  assert.equal(contact.state, "CONTACT_STATE_CONFIRMED");
  await page.context().close();
});

test("a refresh is the same contact and the same impression; a click and a later purchase belong to it", async () => {
  await upsert(world.server, "carla");
  const page = await world.open({ subject: "c:carla" });
  const first = await page.evaluate(async () => (await window.nba.fill()).id);
  await heard("carla", "impression");
  const again = await world.open({ subject: "c:carla", context: page.context() });
  await again.reload();
  await page.close();
  const second = await world.open({ subject: "c:carla", context: again.context() });
  // sessionStorage belongs to a tab: the refresh that counts is of the same one.
  const ids = await second.evaluate(async () => [(await window.nba.fill()).id]);
  await second.reload();
  await second.evaluate(`(${String(remake)})(${JSON.stringify({ baseUrl: world.server.url })})`);
  ids.push(await second.evaluate(async () => (await window.nba.fill()).id));
  assert.equal(ids[0], ids[1]);
  assert.notEqual(first, ids[0], "another tab is another visit");
  await until(async () => (await contacts("carla")).length === 2, "two contacts for two tabs");
  await second.locator("#slot a").click();
  await second.waitForURL("**/tariff");
  await heard("carla", "clicked");
  await second.evaluate(`(${String(remake)})(${JSON.stringify({ baseUrl: world.server.url })})`);
  assert.equal(await second.evaluate(() => window.nba.convert({ orderId: "o-1", value: 120, product: "unlimited" })), true);
  await second.evaluate(() => window.nba.convert({ orderId: "o-1", value: 120, product: "unlimited" }));
  const contact = await heard("carla", "converted");
  await second.evaluate(() => window.nba.flush());
  assert.deepEqual(kinds(contact).filter((kind) => kind !== "impression"), ["clicked", "converted"]);
  assert.equal((await contacts("carla")).length, 2);
  await second.context().close();
});

/** In a page that was loaded anew: the client again. */
function remake(options) {
  window.nba = window.NBA.createClient({
    ...options,
    consent: true,
    budgetMs: 5_000,
    getToken: async () => (await fetch("/token", { method: "POST", body: "{}" })).text(),
  });
}

test("what is reported while the page closes arrives by the beacon, and once", async () => {
  await upsert(world.server, "dora");
  const page = await world.open({ subject: "c:dora" });
  await page.evaluate(() => window.nba.fill());
  await page.route("**/RecordOutcomes", (route) => route.abort());
  await page.evaluate(() => document.querySelector("#slot a").addEventListener("click", (event) => event.preventDefault()));
  await page.locator("#slot a").click();
  assert.ok(!kinds((await contacts("dora"))[0]).includes("clicked"));
  await page.goto("about:blank");
  await heard("dora", "clicked");
  const next = await world.open({ subject: "c:dora", context: page.context() });
  await next.evaluate(() => window.nba.flush());
  await until(async () => !(await kept(next)).includes("nba.queue"), "the queue is empty");
  assert.deepEqual(kinds((await contacts("dora"))[0]).filter((kind) => kind !== "impression"), ["clicked"]);
  await page.context().close();
});

test("before consent there is no id, no storage and no call; taking it back clears and stops everything", async () => {
  const page = await world.open({ options: { consent: false } });
  const calls = () => page.seen.filter((url) => url.startsWith(world.server.url) || url.includes("/token"));
  assert.equal(await page.evaluate(async () => (await window.nba.fill())?.id), undefined);
  assert.equal(await slot(page), FALLBACK);
  assert.deepEqual(calls(), []);
  assert.equal(await kept(page), "{}");
  await page.evaluate(async () => (window.nba.consent(true), await window.nba.refill()));
  assert.match(await slot(page), /onerror/);
  assert.match(await kept(page), /nba\.visitor/);
  await page.evaluate(() => window.nba.consent(false));
  assert.equal(await slot(page), FALLBACK);
  assert.equal(await kept(page), "{}");
  const before = calls().length;
  await page.evaluate(async () => {
    await window.nba.refill();
    window.nba.convert({ value: 1 });
    dispatchEvent(new Event("pagehide"));
  });
  await pause(1_500);
  assert.equal(calls().length, before);
  assert.equal(await kept(page), "{}");
  await page.context().close();
});

test("an answer that takes three seconds: the fallback within the budget, never replaced, the contact given back", async () => {
  await upsert(world.server, "fritz");
  const door = await slowDoor(world.server.url, 3_000);
  const page = await world.open({ subject: "c:fritz", options: { baseUrl: door.url, budgetMs: 300 } });
  await page.evaluate(() => fetch("/token", { method: "POST", body: "{}" }));
  await filledInTime(page, 250);
  assert.equal(await slot(page), FALLBACK);
  const contact = await heard("fritz", "not_mentioned");
  assert.equal(contact.state, "CONTACT_STATE_RELEASED");
  assert.equal(contact.counts ?? false, false);
  assert.equal(await slot(page), FALLBACK);
  assert.equal(await page.evaluate(() => window.shifts), 0);
  await page.context().close();
  await door.close();
});

test("content from the server is text, and addresses are addresses", async () => {
  const page = await world.open();
  await page.evaluate(() => window.nba.fill());
  assert.match(await slot(page), /<img src=x onerror=window\.broken=1>/);
  assert.equal(await page.locator("#slot a").getAttribute("href"), null);
  assert.equal(await page.locator("#slot img").count(), 0);
  await page.locator("#slot a").click();
  assert.equal(await page.evaluate(() => window.broken), undefined);
  await page.context().close();
});

test("a visitor logs in: what was shown before is the customer's, and its purchase arrives under the customer's token", async () => {
  await upsert(world.server, "greta");
  const page = await world.open();
  await page.evaluate(() => window.nba.fill());
  const visitor = await page.evaluate(() => window.nba.visitorId);
  assert.match(visitor, /^[0-9a-f]{32}$/);
  await page.evaluate(() => document.querySelector("#slot a").click());
  await page.evaluate(() => window.nba.flush());
  await world.server.call("CustomerService/IdentifyVisitor", { visitorId: visitor, customerId: "greta" }, world.server.keys.site);
  world.subject = "c:greta";
  await page.evaluate(async () => {
    await window.nba.identify();
    await window.nba.refill();
  });
  assert.match(await slot(page), /Never run out of data/);
  assert.equal(await page.evaluate(() => window.nba.visitorId), undefined);
  assert.equal(await page.evaluate(() => window.nba.convert({ orderId: "o-2", value: 5 })), true);
  await page.evaluate(() => window.nba.flush());
  assert.deepEqual(await page.evaluate(() => window.said), []);
  const found = await contacts("greta");
  assert.deepEqual(found.map((contact) => contact.action).sort(), ["app", "unlimited"]);
  const before = kinds(found.find((contact) => contact.action === "app"));
  assert.deepEqual(before.filter((kind) => kind !== "impression").sort(), ["clicked", "converted"]);
  await page.context().close();
});

test("nothing that names anybody is in addresses or in what the browser keeps", async () => {
  await upsert(world.server, "hanna.muster@example.com");
  const page = await world.open({ subject: "c:hanna.muster@example.com" });
  await page.evaluate(() => window.nba.fill({ context: {} }));
  await heard("hanna.muster@example.com", "impression");
  await page.route("**/RecordOutcomes", (route) => route.abort());
  await page.evaluate(() => {
    document.querySelector("#slot a").addEventListener("click", (event) => event.preventDefault());
    document.querySelector("#slot a").click();
  });
  const texts = [...page.seen, await kept(page)];
  await page.goto("about:blank");
  for (const text of [...texts, ...page.seen]) {
    assert.doesNotMatch(text, /hanna|muster|example\.com|eyJ|Bearer/i);
    assert.ok(!text.includes(Buffer.from("hanna").toString("base64").slice(0, 6)), text);
  }
  await page.context().close();
});

test("the SDK is one file of less than 20 kB, gzipped, and loads nothing else", async () => {
  const folder = join(root, "nba_server/transport/http/static/sdk");
  for (const name of ["nba-web.js", "nba-web.esm.js"]) {
    const text = await readFile(join(folder, name));
    assert.ok(gzipSync(text).length < 20_000, `${name}: ${gzipSync(text).length} bytes`);
    assert.match(text.toString(), /sourceMappingURL/);
    assert.doesNotMatch(text.toString(), /\bimport\s*\(|^import /m);
  }
  const page = await world.open({ options: { consent: false } });
  assert.deepEqual(page.seen.map((url) => new URL(url).pathname).filter((path) => path !== "/favicon.ico"), ["/", "/nba-web.js"]);
  await page.context().close();
});

test("while the server is away pages show their fallback in time; events wait, and arrive once when it is back", async () => {
  await upsert(world.server, "emil");
  const page = await world.open({ subject: "c:emil" });
  await page.evaluate(() => window.nba.fill());
  await heard("emil", "impression");
  await world.server.halt();
  await page.evaluate(() => document.querySelector("#slot a").addEventListener("click", (event) => event.preventDefault()));
  await page.locator("#slot a").click();
  const other = await world.open({ subject: "c:emil", context: page.context(), options: { budgetMs: 300 } });
  await filledInTime(other, 0);
  assert.equal(await slot(other), FALLBACK);
  await world.server.restart();
  const contact = await heard("emil", "clicked");
  await page.evaluate(() => window.nba.flush());
  assert.deepEqual(kinds(contact), ["impression", "clicked"]);
  await page.context().close();
});
