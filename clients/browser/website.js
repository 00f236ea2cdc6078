// A website as its makers would build it: a page with a slot and the SDK, and a server of its own that signs tokens.
import { createServer, request } from "node:http";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { openBrowser, startSite } from "./browser.js";
import { root, startServer } from "./server.js";

const HOSTILE = `{headline: "<img src=x onerror=window.broken=1>", link: "javascript:window.broken=1", image: "data:text/html,<script>1</script>", button: Get it}`;

/** examples/minimal with a picture in its banner and a link to a page, and with content that means harm in what everybody may see. */
export async function hostileCatalogue() {
  const folder = await mkdtemp(join(tmpdir(), "nba-website-"));
  await cp(join(root, "examples/minimal"), folder, { recursive: true });
  await replace(join(folder, "sell.yaml"), `link: "#tariff"}`, `link: "/tariff", image: "/pixel.svg"}`);
  await replace(join(folder, "serve.yaml"), `{headline: "Everything in the app", button: "Get it"}`, HOSTILE);
  await rm(join(folder, "telco_test.yaml"));
  return folder;
}

async function replace(file, from, to) {
  const text = await readFile(file, "utf8");
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  await writeFile(file, text.replace(from, to));
}

const SDK = `<script src="/nba-web.js"></script>`;
const SLOT = `<style>body{margin:0;font:16px sans-serif} #slot{width:980px;height:260px;overflow:hidden} #top{height:var(--top,0)} #end{height:3000px}</style>
<main><h1>A website</h1><div id="top"></div>
<div id="slot" data-nba-placement="banner"><template><a data-nba-href="link"><img data-nba-src="image" alt="" width="10" height="10">
<strong data-nba-text="headline"></strong> <em data-nba-text="button"></em></a></template><p>The same for everybody</p></div>
<p id="below">Below the slot</p><div id="end"></div></main>`;

/** Everything that the tests share: { server, site, browser, open, stop }. */
export async function startWebsite() {
  const world = { subject: "" };
  const sdk = await readFile(join(root, "nba_server/transport/http/static/sdk/nba-web.js"), "utf8");
  const token = async (incoming) => {
    let body = "";
    for await (const part of incoming) body += part;
    const { visitorId } = JSON.parse(body || "{}");
    return ["text/plain", world.server.token(world.subject === "visitor" ? `v:${visitorId}` : world.subject)];
  };
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, snippet] = /```html\n(<div data-nba-placement="banner".*?)```/s.exec(readme);
  const pages = {
    "/readme": ["text/html", `<!doctype html><html lang="en"><title>README</title><body>${snippet}</html>`],
    "/nba-web.js": ["text/javascript", sdk],
    "/token": token,
    "/pixel.svg": ["image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>`],
    "/tariff": ["text/html", `<!doctype html><html lang="en"><title>Tariff</title>${SDK}<main><h1>Tariff</h1></main></html>`],
    "/": ["text/html", `<!doctype html><html lang="en"><title>A website</title>${SDK}${SLOT}</html>`],
  };
  world.site = await startSite(pages);
  world.catalogue = await hostileCatalogue();
  world.server = await startServer({ catalog: world.catalogue, origins: [world.site.origin] });
  world.browser = await openBrowser();
  world.stop = async () => {
    await world.browser.close();
    await world.server.stop();
    await world.site.close();
    await rm(world.catalogue, { recursive: true });
  };
  /** A new browser profile at the page, with the SDK made of these options; `seen` collects addresses, `clock` may be set. */
  world.open = async ({ path = "/", subject = "visitor", options = {}, context, top = 0, clock = false } = {}) => {
    world.subject = subject;
    const profile = context ?? (await world.browser.newContext({ viewport: { width: 1200, height: 800 } }));
    const page = await profile.newPage();
    page.seen = [];
    page.on("request", (sent) => page.seen.push(sent.url()));
    if (clock) await page.clock.install();
    await page.goto(world.site.origin + path);
    await page.evaluate((height) => document.documentElement.style.setProperty("--top", `${height}px`), top);
    await page.evaluate(make, { baseUrl: world.server.url, consent: true, budgetMs: 5_000, ...options });
    return page;
  };
  return world;
}

/** In the page: the client, and what it said. */
function make(options) {
  window.said = [];
  window.events = [];
  window.nba = window.NBA.createClient({
    getToken: async (visitorId) => (await fetch("/token", { method: "POST", body: JSON.stringify({ visitorId }) })).text(),
    onError: (error) => window.said.push(`${error.code ?? ""} ${error.message}`),
    onEvent: (event) => window.events.push(event.kind),
    ...options,
  });
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifts += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}

/** A door whose answers take so long. Gives { url, close }. */
export async function slowDoor(url, ms) {
  const target = new URL(url);
  const proxy = createServer((incoming, outgoing) => {
    const { method, headers, url: path } = incoming;
    const onward = request({ host: target.hostname, port: target.port, path, method, headers }, async (answer) => {
      if (path.endsWith("/Decide")) await pause(ms);
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => (proxy.close(resolve), proxy.closeAllConnections()));
  return { url: `http://127.0.0.1:${proxy.address().port}`, close };
}
