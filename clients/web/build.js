// Bundles the SDK and the example shop into the server's static folder. `--check` compares instead of writing: the built files are in
// git, so that users need no Node, and must be what these sources build.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const statics = join(here, "../../nba_server/transport/http/static");
const checking = process.argv.includes("--check");
const common = { absWorkingDir: here, bundle: true, target: "es2022", minify: true, charset: "utf8", write: false, sourcemap: "linked" };

const bundles = [
  { entry: "src/index.ts", folder: "sdk", name: "nba-web.js", format: "iife", globalName: "NBA" },
  { entry: "src/index.ts", folder: "sdk", name: "nba-web.esm.js", format: "esm" },
  { entry: "shop/shop.ts", folder: "shop", name: "shop.js", format: "esm" },
];

const built = { sdk: new Map(), shop: new Map() };
for (const { entry, folder, name, ...options } of bundles) {
  const outfile = join(statics, folder, name);
  const result = await build({ ...common, ...options, entryPoints: [entry], outfile, sourceRoot: "nba-web" });
  for (const file of result.outputFiles) built[folder].set(file.path.slice(join(statics, folder).length + 1), Buffer.from(file.contents));
}
for (const name of await readdir(join(here, "shop/page"), { recursive: true })) {
  const bytes = await readFile(join(here, "shop/page", name)).catch(() => undefined);
  if (bytes) built.shop.set(name, bytes);
}

const stale = [];
for (const [folder, files] of Object.entries(built)) {
  const out = join(statics, folder);
  await mkdir(out, { recursive: true });
  for (const [name, bytes] of files) {
    const there = await readFile(join(out, name)).catch(() => undefined);
    if (there?.equals(bytes)) continue;
    stale.push(`${folder}/${name}`);
    if (checking) continue;
    await mkdir(dirname(join(out, name)), { recursive: true });
    await writeFile(join(out, name), bytes);
  }
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    const name = join(entry.parentPath, entry.name).slice(out.length + 1);
    if (entry.isFile() && !files.has(name)) stale.push(`${folder}/${name} (not built any more)`);
  }
}
if (checking && stale.length > 0) {
  console.error(`website: not what the sources build: ${stale.join(", ")}; run npm run build in clients/web`);
  process.exit(1);
}
console.log(checking ? "website: as built" : `website: ${stale.length ? stale.join(", ") : "nothing changed"}`);
