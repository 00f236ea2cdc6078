// A client that knows nothing but the .proto files gets the same answers as the command line.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

import { root, run, startServer } from "./server.js";

const CUSTOMER = "node-customer";
const ATTRIBUTES = {
  age: { integer: "41" },
  country: { text: "DE" },
  plan: { text: "basic" },
  data_used: { number: 0.95 },
  dunning: { flag: false },
};
const CONSENTS = ["advertising", "profiling"].map((purpose) => ({
  channel: "*",
  purpose,
  status: "CONSENT_STATUS_GRANTED",
}));

let server;
let clients;
let raw;

before(async () => {
  const files = ["decision", "outcome", "customer"].map((name) => `nba/v1/${name}.proto`);
  const definition = protoLoader.loadSync(files, {
    includeDirs: [join(root, "proto")],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const { v1 } = grpc.loadPackageDefinition(definition).nba;
  server = await startServer();
  const plain = grpc.credentials.createInsecure();
  clients = Object.fromEntries(
    ["DecisionService", "OutcomeService", "CustomerService"].map((name) => [name, new v1[name](server.address, plain)]),
  );
  raw = { client: new grpc.Client(server.address, plain), serialize: v1.DecisionService.service.Decide.requestSerialize };
  const upserted = await call("CustomerService", "UpsertCustomers", {
    customers: [{ customer_id: CUSTOMER, attributes: ATTRIBUTES, consents: CONSENTS }],
  });
  assert.deepEqual(upserted.results, [{ version: "1", error: "", repeated: false }]);
});

after(async () => {
  for (const client of [...Object.values(clients ?? {}), raw?.client]) client?.close();
  if (server) assert.equal(await server.stop(), 0, "the server ends in order");
});

function call(service, method, request) {
  const deadline = Date.now() + 30_000;
  return new Promise((resolve, reject) =>
    clients[service][method](request, { deadline }, (error, answer) => (error ? reject(error) : resolve(answer))),
  );
}

function decideRequest(requestId, more = {}) {
  return {
    customer_id: CUSTOMER,
    channel: "call",
    placements: [{ placement: "agent" }],
    context: { reason: { text: "billing" } },
    request_id: requestId,
    ...more,
  };
}

async function decideByCommand(requestId) {
  const args = ["--customer", CUSTOMER, "--channel", "call", "--placement", "agent", "--context", "reason=billing"];
  return JSON.parse(await run("nba", "decide", ...args, "--request-id", requestId, "--address", server.address, "--json"));
}

/** The bytes of the answer as they came over the wire. */
function rawDecide(bytes) {
  return new Promise((resolve, reject) =>
    raw.client.makeUnaryRequest(
      "/nba.v1.DecisionService/Decide",
      (request) => request,
      (answer) => answer,
      bytes,
      (error, answer) => (error ? reject(error) : resolve(answer)),
    ),
  );
}

const milliseconds = (stamp) => (stamp ? Number(stamp.seconds) * 1000 + Math.trunc(stamp.nanos / 1e6) : null);
const word = (name, prefix) => name.slice(prefix.length).toLowerCase();
const reason = (message) => ({ ...message, stage: word(message.stage, "STAGE_") });

/** The protocol's answer in the words of the command line's JSON. */
function normal(answer) {
  return {
    decision_id: answer.decision_id,
    decided_at: milliseconds(answer.decided_at),
    preview: answer.preview,
    catalog_hash: answer.catalog_hash,
    model_version: answer.model_version,
    actions: answer.actions.map((action) => ({
      ...action,
      reasons: action.reasons.map(reason),
      reserved_until: milliseconds(action.reserved_until),
    })),
    no_offers: answer.no_offers.map((empty) => ({ ...empty, reason: reason(empty.reason) })),
  };
}

function normalCommand({ request_id: _, ...answer }) {
  const moment = (text) => (text ? new Date(text).getTime() : null);
  const actions = answer.actions.map((action) => ({ ...action, reserved_until: moment(action.reserved_until) }));
  return { ...answer, decided_at: moment(answer.decided_at), actions };
}

test("a decision from the protocol alone equals that of the command line for the same request id", async () => {
  const answer = await call("DecisionService", "Decide", decideRequest("same"));
  assert.ok(answer.decision_id);
  assert.ok(answer.actions.length > 0, "the customer gets an offer");
  assert.deepEqual(normal(answer), normalCommand(await decideByCommand("same")));
});

test("the command line first, then the protocol: again the same answer", async () => {
  const command = await decideByCommand("other-way-round");
  assert.deepEqual(normalCommand(command), normal(await call("DecisionService", "Decide", decideRequest("other-way-round"))));
});

test("the same request id gives the same bytes, to Node twice and to Python", async () => {
  const request = raw.serialize(decideRequest("bytes"));
  const first = await rawDecide(request);
  assert.ok(first.length > 0);
  assert.deepEqual(await rawDecide(request), first);
  const python = [
    "import grpc, sys",
    "with grpc.insecure_channel(sys.argv[1]) as channel:",
    "    decide = channel.unary_unary('/nba.v1.DecisionService/Decide')",
    "    print(decide(bytes.fromhex(sys.argv[2]), timeout=30).hex())",
  ].join("\n");
  const there = await run("python", "-c", python, server.address, request.toString("hex"));
  assert.equal(there.trim(), first.toString("hex"));
});

test("an outcome from the protocol alone counts once, and the next decision respects it", async () => {
  const decision = await call("DecisionService", "Decide", decideRequest("before-outcome", { placements: [{ placement: "agent", slots: 1 }] }));
  const [best] = decision.actions;
  const outcome = { decision_id: decision.decision_id, action: best.action, type: "OUTCOME_TYPE_REJECTED" };
  const recorded = await call("OutcomeService", "RecordOutcome", { outcome });
  assert.equal(recorded.result.status, "OUTCOME_STATUS_RECORDED");
  assert.ok(recorded.result.effects.length > 0, "a rejection has an effect in this catalogue");
  const repeated = await call("OutcomeService", "RecordOutcome", { outcome });
  assert.equal(repeated.result.status, "OUTCOME_STATUS_REPEATED");
  const next = await call("DecisionService", "Decide", decideRequest("after-outcome"));
  assert.ok(!next.actions.some((action) => action.action === best.action), "a rejected action does not come back");
});

test("the trace is identical to the original", async () => {
  const decision = await call("DecisionService", "Decide", decideRequest("traced"));
  const explained = await call("DecisionService", "GetDecision", { decision_id: decision.decision_id });
  assert.deepEqual({ identical: explained.identical, differences: explained.differences }, { identical: true, differences: [] });
  assert.deepEqual(normal(explained.decision), normal(decision));
});

test("a wrong request is refused with the field's name and details", async () => {
  await assert.rejects(call("DecisionService", "Decide", decideRequest("wrong", { channel: "fax" })), (error) => {
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    assert.match(error.details, /channel/);
    assert.equal(error.metadata.get("grpc-status-details-bin").length, 1);
    return true;
  });
});
