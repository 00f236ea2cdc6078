// One server, four ways to speak: gRPC, Connect in JSON, Connect in binary, gRPC-Web. The same request gives the same decision,
// the same fault the same error, and a page in Chromium gets what Node gets.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import grpc from "@grpc/grpc-js";

import { openBrowser, startSite } from "./browser.js";
import { bundle, load } from "./protocol.js";
import { callJson, startServer, upsert } from "./server.js";

const DECIDE = "/nba.v1.DecisionService/Decide";
const FIELDS = { customerId: "carla", channel: "call", placements: [{ placement: "agent" }] };

let server;
let site;
let browser;
let kit;
let decide;
let plain;

before(async () => {
  site = await startSite({ "/": ["text/html", "<!doctype html><title>A site</title>"] });
  server = await startServer({ origins: [site.origin] });
  kit = await load(`
    export { create, fromJson, toBinary, fromBinary, toJson, equals } from "@bufbuild/protobuf";
    export { createClient, ConnectError, Code } from "@connectrpc/connect";
    export { createConnectTransport as nodeConnect, createGrpcWebTransport as nodeGrpcWeb } from "@connectrpc/connect-node";
    export { createConnectTransport as webConnect, createGrpcWebTransport as webGrpcWeb } from "@connectrpc/connect-web";
    export * from "@nba/protocol/decision";
    export * from "@nba/protocol/outcome";
  `);
  plain = new grpc.Client(server.address, grpc.credentials.createInsecure());
  decide = ways();
  await upsert(server, "carla");
});

after(async () => {
  plain?.close();
  await browser?.close();
  if (server) assert.equal(await server.stop(), 0, "the server ends in order");
  await site?.close();
});

/** Every way to decide: (fields, options) => the answer as JSON. */
function ways() {
  const authorization = { authorization: `Bearer ${server.keys.agent}` };
  const request = (fields) => kit.fromJson(kit.DecideRequestSchema, fields);
  const through = (transport) => {
    const client = kit.createClient(kit.DecisionService, transport);
    return async (fields, { headers = authorization, timeoutMs } = {}) =>
      kit.toJson(kit.DecideResponseSchema, await client.decide(request(fields), { headers, timeoutMs }));
  };
  const baseUrl = server.url;
  const node = { baseUrl, httpVersion: "1.1" };
  return {
    "gRPC (grpc-js)": async (fields, options) => {
      const bytes = await overGrpc(request(fields), options);
      return kit.toJson(kit.DecideResponseSchema, kit.fromBinary(kit.DecideResponseSchema, bytes));
    },
    "Connect JSON (connect-node)": through(kit.nodeConnect(node)),
    "Connect binary (connect-node)": through(kit.nodeConnect({ ...node, useBinaryFormat: true })),
    "gRPC-Web (connect-node)": through(kit.nodeGrpcWeb(node)),
    "Connect JSON (connect-web)": through(kit.webConnect({ baseUrl })),
    "Connect binary (connect-web)": through(kit.webConnect({ baseUrl, useBinaryFormat: true })),
    "gRPC-Web (connect-web)": through(kit.webGrpcWeb({ baseUrl })),
    "gRPC-Web JSON (connect-web)": through(kit.webGrpcWeb({ baseUrl, useBinaryFormat: false })),
  };
}

/** The bytes on the wire, by plain fetch: { Connect, gRPC-Web }. */
async function overFetch(fields) {
  const message = kit.toBinary(kit.DecideRequestSchema, kit.fromJson(kit.DecideRequestSchema, fields));
  const post = async (type, body) => {
    const headers = { "content-type": type, authorization: `Bearer ${server.keys.agent}` };
    const response = await fetch(server.url + DECIDE, { method: "POST", headers, body });
    assert.equal(response.status, 200);
    return Buffer.from(await response.arrayBuffer());
  };
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), message]);
  frame.writeUInt32BE(message.length, 1);
  const framed = await post("application/grpc-web+proto", frame);
  return { Connect: await post("application/proto", message), "gRPC-Web": framed.subarray(5, 5 + framed.readUInt32BE(1)) };
}

function overGrpc(message, { headers, timeoutMs } = {}) {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers ?? { authorization: `Bearer ${server.keys.agent}` })) metadata.set(name, value);
  const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
  return new Promise((resolve, reject) =>
    plain.makeUnaryRequest(
      DECIDE,
      (request) => Buffer.from(kit.toBinary(kit.DecideRequestSchema, request)),
      (answer) => answer,
      message,
      metadata,
      options,
      (error, answer) => (error ? reject(error) : resolve(new Uint8Array(answer))),
    ),
  );
}

/** Code, message and details of a failure, whoever reports it. */
async function failure(call) {
  try {
    await call;
  } catch (error) {
    if (error instanceof kit.ConnectError) {
      const details = error.details.map(({ type, value }) => [type, Buffer.from(value).toString("base64")]);
      return { code: error.code, message: error.rawMessage, details };
    }
    const [packed] = error.metadata.get("grpc-status-details-bin");
    const status = packed ? statusDetails(packed) : [];
    return { code: error.code, message: error.details, details: status };
  }
  return assert.fail("the call did not fail");
}

/** The details of a google.rpc.Status, read from its bytes: field 3 holds Any messages of a type url (1) and a value (2). */
function statusDetails(bytes) {
  return parts(bytes)
    .filter(([field]) => field === 3)
    .map(([, any]) => {
      const inner = Object.fromEntries(parts(any));
      return [inner[1].toString().split("/").pop(), (inner[2] ?? Buffer.alloc(0)).toString("base64")];
    });
}

function parts(bytes) {
  const found = [];
  let at = 0;
  const varint = () => {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
      shift += 7;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) === 0) {
      found.push([tag >> 3, varint()]);
    } else {
      const size = varint();
      found.push([tag >> 3, bytes.subarray(at, at + size)]);
      at += size;
    }
  }
  return found;
}

test("the same request id gives the same decision over every protocol", async () => {
  const first = await decide["gRPC (grpc-js)"]({ ...FIELDS, requestId: "same" });
  assert.ok(first.decisionId);
  assert.ok(first.actions.length > 0, "the customer gets an offer");
  for (const [name, call] of Object.entries(decide)) {
    assert.deepEqual(await call({ ...FIELDS, requestId: "same" }), first, name);
  }
});

test("whoever asks first, the others get the same", async () => {
  for (const [name, call] of Object.entries(decide)) {
    const fields = { ...FIELDS, requestId: `first by ${name}` };
    const first = await call(fields);
    for (const [other, again] of Object.entries(decide)) assert.deepEqual(await again(fields), first, `${name}, then ${other}`);
  }
});

test("the bytes on the wire are those that the store keeps, untouched by any protocol", async () => {
  const fields = { ...FIELDS, requestId: "wire" };
  const bytes = Buffer.from(await overGrpc(kit.fromJson(kit.DecideRequestSchema, fields)));
  assert.ok(bytes.length > 0);
  for (const [name, found] of Object.entries(await overFetch(fields))) assert.deepEqual(found, bytes, name);
});

test("errors have the same code, message and details over every protocol", async () => {
  const faults = {
    "wrong in two fields": [{ ...FIELDS, channel: "fax", requestId: "x".repeat(200) }, {}],
    "no key": [FIELDS, { headers: {} }],
    "an unknown key": [FIELDS, { headers: { authorization: "Bearer nba_unknown" } }],
    "a scope too little": [FIELDS, { headers: { "x-api-key": server.keys.import } }],
    "a request id used for another request": [{ ...FIELDS, requestId: "same", channel: "web", placements: [] }, {}],
  };
  for (const [fault, [fields, options]] of Object.entries(faults)) {
    const expected = await failure(decide["gRPC (grpc-js)"](fields, options));
    assert.ok(expected.code > 0);
    assert.ok(expected.details.some(([type]) => type === "google.rpc.ErrorInfo"), `${fault} has a reason`);
    for (const [name, call] of Object.entries(decide)) {
      assert.deepEqual(await failure(call(fields, options)), expected, `${fault}: ${name}`);
    }
  }
});

test("a page of an allowed origin decides in Chromium over Connect and gRPC-Web, and one of another origin cannot", async () => {
  browser = await openBrowser();
  const script = await bundle(
    `
    import { fromJson, toJson } from "@bufbuild/protobuf";
    import { createClient } from "@connectrpc/connect";
    import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
    import { DecisionService, DecideRequestSchema, DecideResponseSchema } from "@nba/protocol/decision";
    const transports = { createConnectTransport, createGrpcWebTransport };
    export async function decide(kind, options, fields, token) {
      const client = createClient(DecisionService, transports[kind](options));
      const headers = { authorization: "Bearer " + token };
      const answer = await client.decide(fromJson(DecideRequestSchema, fields), { headers });
      return toJson(DecideResponseSchema, answer);
    }`,
    { format: "iife", globalName: "kit" },
  );
  const fields = { channel: "web", placements: [{ placement: "banner" }], requestId: "page" };
  const token = server.token("c:carla");
  const inPage = async (origin, kind, options) => {
    const page = await browser.newPage();
    try {
      await page.goto(origin);
      await page.addScriptTag({ content: script });
      const given = [kind, { baseUrl: server.url, ...options }, fields, token];
      return await page.evaluate((values) => kit.decide(...values), given);
    } finally {
      await page.close();
    }
  };
  const first = await inPage(site.origin, "createConnectTransport", {});
  assert.ok(first.decisionId);
  assert.deepEqual(await inPage(site.origin, "createConnectTransport", { useBinaryFormat: true }), first);
  assert.deepEqual(await inPage(site.origin, "createGrpcWebTransport", {}), first);
  const stranger = await startSite();
  try {
    await assert.rejects(inPage(stranger.origin, "createConnectTransport", {}), /Failed to fetch/);
  } finally {
    await stranger.close();
  }
});

test("the error's details reach plain fetch as JSON, with the fields named", async () => {
  await assert.rejects(callJson(server.url, "DecisionService/Decide", { custmerId: "x" }, server.keys.agent), (error) => {
    assert.equal(error.status, 400);
    assert.equal(error.code, "invalid_argument");
    assert.match(error.message, /custmerId.*did you mean customerId/);
    assert.deepEqual(
      error.details.map((detail) => detail.type),
      ["google.rpc.ErrorInfo", "google.rpc.BadRequest"],
    );
    return true;
  });
});
