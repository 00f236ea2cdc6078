// The Node example of docs/webhooks.md accepts what the server sends, and nothing that was changed on the way.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { root, run } from "./server.js";

test("the example verifies a message of the server", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nba-webhook-"));
  const page = readFileSync(join(root, "docs/webhooks.md"), "utf8");
  const example = join(folder, "example.mjs");
  writeFileSync(example, page.match(/```js\n([\s\S]*?)```/)[1]);
  const { verify } = await import(pathToFileURL(example));
  const secret = (await run("nba", "webhooks", "secret")).trim();
  writeFileSync(join(folder, "secret.txt"), secret);
  const received = await new Promise((resolve, reject) => {
    const receiver = createServer((request, response) => {
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        response.writeHead(204).end();
        resolve({ headers: request.headers, body: Buffer.concat(chunks).toString(), receiver });
      });
    });
    receiver.listen(0, "127.0.0.1", () => {
      const file = join(folder, "webhooks.yaml");
      const url = `http://127.0.0.1:${receiver.address().port}/`;
      writeFileSync(file, `endpoints: {crm: {url: "${url}", events: [nba.*], secret: {file: secret.txt}}}\n`);
      run("nba", "webhooks", "test", "crm", "--webhooks", file).catch(reject);
    });
  });
  received.receiver.close();
  assert.equal(verify(received.headers, received.body, secret).type, "nba.webhook.test");
  assert.throws(() => verify(received.headers, `${received.body} `, secret), /not signed/);
  const old = { ...received.headers, "webhook-timestamp": "1000000000" };
  assert.throws(() => verify(old, received.body, secret), /too old/);
});
