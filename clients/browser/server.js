// A real server with its HTTP door on free ports and a data folder of its own; keys for each kind of caller; a gateway.
import { execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const bin = process.env.NBA_BIN ?? join(root, ".venv", "bin");
export const SCOPES = ["site", "agent", "import", "admin"];
const START_MS = 120_000;

// Settings of whoever runs the checks must not reach the server under test.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("NBA_")));

/** Runs a program of the virtual environment and gives its standard output. */
export async function run(program, ...args) {
  const { stdout } = await promisify(execFile)(join(bin, program), args, { cwd: root, env });
  return stdout;
}

/**
 * A server with API keys, one a scope, each named after it.
 *
 * `catalog` is a folder below the repository's root, `origins` whose pages may call, `args` more flags of `nba serve`.
 * Gives { url, address, keys, call, token, stop, kill, restart }: `url` of the HTTP door, `address` of gRPC, `keys[scope]`.
 */
export async function startServer({ catalog = "examples/minimal", origins = [], args = [] } = {}) {
  const data = await mkdtemp(join(tmpdir(), "nba-browser-"));
  const made = await Promise.all(SCOPES.map(newKey));
  const keysFile = join(data, "keys.yaml");
  await writeFile(keysFile, `keys:\n${made.map(entry).join("")}`);
  const keys = Object.fromEntries(made.map((key) => [key.name, key.key]));
  const secret = made[0].token_secret;
  const flags = ["--data", data, "--catalog", catalog, "--metrics", "off", "--api-keys", keysFile, ...args];
  if (origins.length) flags.push("--http-origins", origins.join(","));
  const server = { keys, keysFile, secret, data };
  let process_ = null;

  const start = async (grpc, http) => {
    process_ = program("nba", ["serve", ...flags, "--listen", grpc, "--http", http]);
    const ready = await process_.until(async () => JSON.parse(await readFile(join(data, "server.json"), "utf8")));
    server.url = ready.http;
    server.address = ready.address;
  };
  await start("127.0.0.1:0", "127.0.0.1:0");

  /** A call in JSON: the answer, or an error with `code`, `status` and `details`. `credential` is a key or a token. */
  server.call = (method, request, credential = keys.agent) => callJson(server.url, method, request, credential);
  /** A token for a customer ("c:<id>") or a visitor ("v:<id>"), as the site's own server would sign it. */
  server.token = (subject, seconds = 3600) => signToken("site", secret, subject, seconds);
  server.kill = () => process_.end("SIGKILL");
  server.halt = () => process_.end("SIGINT");
  /** The same data on the same ports. */
  server.restart = () => start(server.address, new URL(server.url).host);
  server.stop = async () => {
    const code = await process_.end("SIGINT");
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
    return code;
  };
  return server;
}

/** A gateway to a server: { url, kill, restart, stop }. `origins` as of the server. */
export async function startGateway(address, { origins = [], args = [] } = {}) {
  const gateway = {};
  let process_ = null;
  const start = async (http) => {
    const flags = ["gateway", "--to", address, "--http", http, ...args];
    if (origins.length) flags.push("--http-origins", origins.join(","));
    process_ = program("nba", flags);
    gateway.url = await process_.until(async () => /https?:\/\/[^\s",]+/.exec(process_.out())[0]);
  };
  await start("127.0.0.1:0");
  gateway.kill = () => process_.end("SIGKILL");
  gateway.restart = () => start(new URL(gateway.url).host);
  gateway.stop = () => process_.end("SIGINT");
  return gateway;
}

/** One call over the door in JSON, without a library. */
export async function callJson(url, method, request, credential) {
  const response = await fetch(`${url}/nba.v1.${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(credential && { authorization: `Bearer ${credential}` }) },
    body: JSON.stringify(request),
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.message), answer, { status: response.status });
  return answer;
}

/** A subject token: a JSON Web Token, signed with HS256. */
export function signToken(key, secret, subject, seconds = 3600, more = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { sub: subject, exp: Math.floor(Date.now() / 1000) + seconds, key, ...more };
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** A customer of examples/minimal who may be offered everything. */
export const ADULT = {
  attributes: { age: { integer: "41" }, country: { text: "DE" }, plan: { text: "basic" }, data_used: { number: 0.95 } },
  consents: ["advertising", "profiling"].map((purpose) => ({ channel: "*", purpose, status: "CONSENT_STATUS_GRANTED" })),
};

/** Puts a customer in. */
export async function upsert(server, customerId, customer = ADULT) {
  const { results } = await server.call("CustomerService/UpsertCustomers", { customers: [{ customerId, ...customer }] });
  if (results[0].error) throw new Error(results[0].error);
}

/** Waits until `ask` gives something truthy; `what` names it when it does not come. */
export async function until(ask, what, ms = 30_000) {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(20);
  }
}

async function newKey(scope) {
  const tokens = scope === "site" ? ["--tokens"] : [];
  return JSON.parse(await run("nba", "keys", "new", scope, "--scope", scope, ...tokens, "--json"));
}

function entry({ name, sha256, scopes, token_secret }) {
  const secret = token_secret ? `, token_secret: ${token_secret}` : "";
  return `- {name: ${name}, sha256: ${sha256}, scopes: [${scopes.join(", ")}]${secret}}\n`;
}

/** A program that runs in the background: what it said, waiting until it is ready, ending it. */
function program(name, args) {
  const child = spawn(join(bin, name), args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const end = (signal) => {
    child.kill(signal);
    return ended;
  };
  const ready = async (look) => {
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline && child.exitCode === null) {
      try {
        return await look();
      } catch {
        await pause(50);
      }
    }
    await end("SIGKILL");
    throw new Error(`${name} ${args[0]} did not start:\n${said}`);
  };
  return { out: () => said, until: ready, end };
}
