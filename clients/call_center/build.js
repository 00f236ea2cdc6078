// Bundles the agent screen into the server's static folder. `--check` compares instead of writing: the built files are in git, so
// that users need no Node, and must be what these sources build.
import { readFile, writeFile, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../../nba_server/transport/http/static/agent");
const checking = process.argv.includes("--check");

const options = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "eof",
  write: false,
};

const built = new Map();
for (const [entry, name] of [
  ["src/element.ts", "nba-agent-screen.js"],
  ["src/page.ts", "page.js"],
]) {
  const result = await build({ ...options, entryPoints: [entry], external: ["./nba-agent-screen.js"] });
  built.set(name, result.outputFiles[0].text);
}
for (const name of await readdir(join(here, "page"))) built.set(name, await readFile(join(here, "page", name), "utf8"));

await mkdir(out, { recursive: true });
const stale = [];
for (const [name, text] of built) {
  const there = await readFile(join(out, name), "utf8").catch(() => undefined);
  if (there === text) continue;
  stale.push(name);
  if (!checking) await writeFile(join(out, name), text);
}
for (const name of await readdir(out)) if (!built.has(name)) stale.push(`${name} (not built any more)`);
if (checking && stale.length > 0) {
  console.error(`agent screen: not what the sources build: ${stale.join(", ")}; run npm run build in clients/call_center`);
  process.exit(1);
}
console.log(checking ? "agent screen: as built" : `agent screen: ${stale.length ? stale.join(", ") : "nothing changed"}`);
