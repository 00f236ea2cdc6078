// A real Chromium, a website of another origin, and axe.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";

import { chromium } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Chromium without a window. */
export function openBrowser(options = {}) {
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: sandbox, ...options });
}

/**
 * A website on a free port: `pages[path]` is [content type, text], or a function (request) => [content type, text].
 * Gives { origin, close }.
 */
export async function startSite(pages = { "/": ["text/html", "<!doctype html><title>A site</title>"] }) {
  const listener = createServer(async (request, response) => {
    const found = pages[new URL(request.url, "http://here").pathname];
    const [type, text] = (typeof found === "function" ? await found(request) : found) ?? ["text/plain", null];
    response.writeHead(text === null ? 404 : 200, { "content-type": type });
    response.end(text ?? "nothing here");
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise((resolve) => {
      listener.close(resolve);
      listener.closeAllConnections();
    });
  return { origin: `http://127.0.0.1:${listener.address().port}`, close };
}

/** What axe finds on a page, by WCAG 2.2 AA: one line a violation; empty is well. */
export async function violations(page) {
  await page.evaluate(await readFile(AXE, "utf8"));
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), tags);
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target).join(", ")}`);
}
