// Starts a real server on a free port with a data folder of its own, and ends it again.
import { spawn, execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const bin = process.env.NBA_BIN ?? join(root, ".venv", "bin");

// Settings of whoever runs the checks must not reach the server under test.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("NBA_")));

/** Runs a program of the virtual environment and gives its standard output. */
export async function run(program, ...args) {
  const { stdout } = await promisify(execFile)(join(bin, program), args, { cwd: root, env });
  return stdout;
}

/** A server with the catalogue of examples/minimal: { address, stop }. */
export async function startServer() {
  const data = await mkdtemp(join(tmpdir(), "nba-node-"));
  const args = ["serve", "--data", data, "--catalog", "examples/minimal", "--listen", "127.0.0.1:0", "--metrics", "off"];
  const child = spawn(join(bin, "nba"), args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (log += text));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    const code = await ended;
    await rm(data, { recursive: true, force: true });
    return code;
  };
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      return { address: JSON.parse(await readFile(join(data, "server.json"), "utf8")).address, stop };
    } catch {
      await pause(50);
    }
  }
  await stop();
  throw new Error(`the server did not start:\n${log}`);
}
