// The generated descriptors of @nba/protocol for Node and for pages: TypeScript bundled by esbuild into memory.
import { build } from "esbuild";

/** Bundles TypeScript or JavaScript source text that may import anything of this workspace; gives the code. */
export async function bundle(contents, { platform = "browser", format = "esm", globalName } = {}) {
  const built = await build({
    stdin: { contents, resolveDir: import.meta.dirname ?? new URL(".", import.meta.url).pathname, loader: "ts" },
    bundle: true,
    write: false,
    target: "es2022",
    platform,
    format,
    globalName,
  });
  return built.outputFiles[0].text;
}

/** Imports such source text into this process. */
export async function load(contents) {
  const code = await bundle(contents, { platform: "node" });
  return import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
}
