// The words of the agent screen: one catalogue a language, all complete, none left over.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { root } from "./server.js";

const SOURCES = join(root, "clients/call_center/src");
// Keys that the screen puts together: of outcomes, reasons, states and everyday words.
const MADE = /^(outcome|reason|word|channel|consent|refuse|do|done|keys|help|fault|muted\.level|length|outbox|wrap\.summary|matters\.mutes|say\.ranked)\./;

async function catalogue(language) {
  return JSON.parse(await readFile(join(SOURCES, "text", `${language}.json`), "utf8"));
}

async function sources() {
  const names = (await readdir(SOURCES, { recursive: true })).filter((name) => name.endsWith(".ts"));
  return (await Promise.all(names.map((name) => readFile(join(SOURCES, name), "utf8")))).join("\n");
}

const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("English and German have the same keys and fill in the same things", async () => {
  const [en, de] = await Promise.all([catalogue("en"), catalogue("de")]);
  assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    assert.notEqual(de[key].trim(), "", key);
    assert.deepEqual(placeholders(de[key]), placeholders(text), key);
  }
});

test("every text is used, and single letters answer one thing each", async () => {
  const [code, en, de] = await Promise.all([sources(), catalogue("en"), catalogue("de")]);
  const idle = Object.keys(en).filter((key) => !MADE.test(key) && !code.includes(`"${key}"`));
  assert.deepEqual(idle, []);
  for (const texts of [en, de]) {
    const letters = Object.entries(texts).filter(([key]) => key.startsWith("keys.")).map(([, letter]) => letter);
    assert.equal(new Set(letters).size, letters.length);
  }
});
