// Tests of an application in TypeScript against the sandbox, with Node's own test runner (22.18 or later, which
// leaves the types out as it reads the file):
//
//     codat-sandbox --port 8080 --api-key test-key &
//     CODAT_SERVER_URL=http://127.0.0.1:8080 CODAT_API_KEY=test-key node --test examples/typescript/linking.test.ts
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const url = process.env.CODAT_SERVER_URL ?? "http://127.0.0.1:8080";
const authorization = `Basic ${btoa(process.env.CODAT_API_KEY ?? "")}`;

interface Reply<T> {
  status: number;
  value: T;
}

interface Connection {
  id: string;
  status: string;
  linkUrl: string;
}

/** Sends a request with the key. The sandbox is driven below `/_sandbox/`; everything else is Codat's API. */
async function send<T = unknown>(method: string, path: string, body?: unknown): Promise<Reply<T>> {
  const headers = { Authorization: authorization, "Content-Type": "application/json" };
  const response = await fetch(url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, value: text === "" ? null : JSON.parse(text) };
}

beforeEach(async () => {
  assert.equal((await send("POST", "/_sandbox/reset")).status, 200);
});

test("a customer authorizes a connection", async () => {
  const company = (await send<{ id: string }>("POST", "/companies", { name: "Corner Bakery" })).value;
  const connection = (await send<Connection>("POST", `/companies/${company.id}/connections`, { platformKey: "gbol" })).value;
  assert.equal(connection.status, "PendingAuth");
  await send("POST", "/_sandbox/authorize", { connection_id: connection.id });
  const seen = (await send<Connection>("GET", `/companies/${company.id}/connections/${connection.id}`)).value;
  assert.equal(seen.status, "Linked");
});

test("an outage is one response, and the requests can be read", async () => {
  await send("POST", "/_sandbox/faults", { kind: "fail_next", status: 503, operation: "companies.list" });
  assert.equal((await send("GET", "/companies")).status, 503);
  assert.equal((await send("GET", "/companies")).status, 200);
  const requests = (await send<{ status: number }[]>("GET", "/_sandbox/requests")).value;
  assert.deepEqual(requests.map((request) => request.status), [503, 200]);
});

test("a link expires after a day on the sandbox's clock", async () => {
  const { companyId } = (await send<{ companyId: string }>("GET", "/_sandbox")).value;
  const connection = (await send<Connection>("POST", `/companies/${companyId}/connections`, { platformKey: "gbol" })).value;
  assert.equal((await fetch(connection.linkUrl)).status, 200);
  await send("POST", "/_sandbox/clock", { seconds: 24 * 60 * 60 });
  assert.equal((await fetch(connection.linkUrl)).status, 401);
});

test("a mistake is reported in words", async () => {
  const { status, value } = await send<{ error: string }>("POST", "/_sandbox/connections", { platform_key: "xero" });
  assert.equal(status, 400);
  assert.match(value.error, /unknown platform key 'xero' \(did you mean 'gbol'\?\)/);
});
