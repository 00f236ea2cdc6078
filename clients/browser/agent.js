// The agent screen under test: its server with a call-centre catalogue, a website that embeds it, and what tests read of it.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startSite } from "./browser.js";
import { root, startServer, upsert } from "./server.js";

const BUNDLE = join(root, "nba_server/transport/http/static/agent/nba-agent-screen.js");
export const PATIENCE_MS = 90_000; // a busy machine is no fault of the screen
const SHOTS = join(root, "clients/browser/screenshots");

export const ANNA = {
  attributes: {
    name: { text: "Anna Brandt" },
    age: { integer: "41" },
    country: { text: "DE" },
    plan: { text: "plus" },
    data_used: { number: 0.95 },
    monthly_bill: { number: 54.9 },
    contract_end: { time: "2027-03-31T00:00:00Z" },
    fibre_at_address: { flag: true },
    dunning: { flag: false },
  },
  addProducts: ["mobile-plus"],
  addSegments: ["loyal"],
  consents: ["advertising", "profiling"].map((purpose) => ({ channel: "*", purpose, status: "CONSENT_STATUS_GRANTED" })),
};

/** A server with examples/call_center; `epsilon` is the share of proposals shown to learn: 0 makes the ranking certain. */
export async function startCallCentre({ epsilon = 0, ...options } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "nba-call-centre-"));
  await cp(join(root, "examples/call_center"), folder, { recursive: true });
  const file = join(folder, "catalog.yaml");
  await writeFile(file, (await readFile(file, "utf8")).replace(/epsilon: [\d.]+/, `epsilon: ${epsilon}`));
  const server = await startServer({ catalog: folder, ...options });
  const { stop } = server;
  server.stop = async () => {
    const code = await stop();
    await rm(folder, { recursive: true, force: true });
    return code;
  };
  server.ring = (customer = ANNA) => newCustomer(server, customer);
  return server;
}

let customers = 0;

async function newCustomer(server, customer) {
  const id = `K-${20400 + ++customers}`;
  await upsert(server, id, customer);
  return id;
}

/** A CRM's page that embeds the screen: `attributes` of the element. Gives { origin, close }. */
export async function startCrm(attributes = () => "") {
  const page = () => ["text/html", `<!doctype html><html lang="en"><meta charset="utf-8"><title>CRM</title><body><main><h1>CRM</h1>
    <script type="module" src="/nba-agent-screen.js"></script><nba-agent-screen ${attributes()}></nba-agent-screen></main></body></html>`];
  return startSite({ "/": page, "/nba-agent-screen.js": async () => ["text/javascript", await readFile(BUNDLE, "utf8")] });
}

/** Opens the screen of the server itself and signs in. */
export async function openScreen(browser, url, key, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 880 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  await page.goto(`${url}/agent/`);
  await page.locator("#key").fill(key);
  await page.keyboard.press("Enter");
  await page.locator("#key").waitFor({ state: "detached" });
  return page;
}

export async function takeCall(page, customer) {
  await page.locator("#customer").fill(customer);
  await page.keyboard.press("Enter");
  await ranked(page);
}

/** Waits until the ranking is there and everything is saved. */
export async function settled(page) {
  await page.locator('.link[data-waiting="0"].well').waitFor();
  await page.locator('[data-region="actions"][aria-busy="false"]').waitFor();
}

export async function ranked(page) {
  await page.locator('[data-region="actions"][aria-busy="false"]').waitFor();
  await page.locator("li.card, .empty strong").first().waitFor();
}

/** Waits until the caller's file is read: the screen shows the name instead of the id. The ranking may be there before. */
export async function knows(page, name) {
  await page.locator("h2.name", { hasText: name }).waitFor();
}

/** A button of a proposal. */
export function button(page, action, name) {
  return page.locator(`li.card[data-action="${action}"] [data-do="${name}"]`);
}

/** The ledger entries of an action, newest first. */
export async function entries(server, customer, action) {
  const reading = await server.call("ContactService/GetContacts", { customerId: customer });
  return (reading.contacts ?? []).filter((contact) => contact.action === action);
}

/** What would be offered now on another channel; nothing is reserved. */
export async function preview(server, customer, channel) {
  const decided = await server.call("DecisionService/Decide", { customerId: customer, channel, preview: true });
  return (decided.actions ?? []).map((offer) => offer.action);
}

export async function shot(page, name) {
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `agent-${name}.png`), fullPage: true });
}
