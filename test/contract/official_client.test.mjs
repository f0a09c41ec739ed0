// Every operation of @codat/platform that the sandbox speaks; run by test_official_typescript_client.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CodatPlatform } from "@codat/platform";
const codat = new CodatPlatform({ authHeader: process.env.CODAT_AUTH_HEADER, serverURL: process.env.CODAT_SERVER_URL });

test("companies", async () => {
  const made = await codat.companies.create({ name: "Corner Bakery", description: "d", tags: { uid: "c-17" } });
  assert.deepEqual([made.name, made.tags], ["Corner Bakery", { uid: "c-17" }]);
  const companyId = made.id;
  const found = await codat.companies.list({ tags: "uid=c-17", orderBy: "-created" });
  assert.deepEqual(found.results.map((company) => company.id), [companyId]);
  assert.equal((await codat.companies.get({ companyId })).name, "Corner Bakery");
  assert.deepEqual((await codat.companies.update({ companyId, companyUpdateRequest: { name: "B" } })).tags, { uid: "c-17" });
  assert.deepEqual((await codat.companies.replace({ companyId, companyRequestBody: { name: "C" } })).tags, {});
  assert.equal((await codat.companies.getAccessToken({ companyId })).expiresIn, 86400);
  await codat.companies.delete({ companyId });
  await assert.rejects(codat.companies.get({ companyId }), (error) => error.statusCode === 404);
});
test("integrations", async () => {
  const page = await codat.integrations.list({ pageSize: 500, query: "sourceType=BankFeed" });
  assert.deepEqual(page.results.map((integration) => integration.key).sort(), ["hcws", "olpr"]);
  assert.equal((await codat.integrations.get({ platformKey: "gbol" })).name, "Xero");
  assert.equal((await codat.integrations.getBranding({ platformKey: "gbol" })).logo.full.image.alt, "Xero logo");
});
test("connections", async () => {
  const companyId = (await codat.companies.create({ name: "n" })).id;
  const made = await codat.connections.create({ companyId, requestBody: { platformKey: "gbol" } });
  assert.deepEqual([made.status, made.platformName, made.sourceType], ["PendingAuth", "Xero", "Accounting"]);
  const ids = { companyId, connectionId: made.id };
  assert.equal((await codat.connections.updateAuthorization({ ...ids, requestBody: { accessToken: "t" } })).status, "Linked");
  assert.equal((await codat.connections.get(ids)).status, "Linked");
  const page = await codat.connections.list({ companyId, query: "status=Linked", orderBy: "-created" });
  assert.deepEqual(page.results.map((connection) => connection.id), [made.id]);
  assert.equal((await codat.connections.unlink({ ...ids, updateConnectionStatus: { status: "Unlinked" } })).status, "Unlinked");
  await codat.connections.delete(ids);
  await assert.rejects(codat.connections.get(ids), (error) => error.statusCode === 404);
});
test("webhooks", async () => {
  const made = await codat.webhooks.createConsumer({ url: "https://app.example/hooks", eventTypes: ["connection.connected"] });
  assert.deepEqual((await codat.webhooks.listConsumers()).results.map((consumer) => consumer.id), [made.id]);
  await codat.webhooks.deleteConsumer({ webhookId: made.id });
  assert.deepEqual((await codat.webhooks.listConsumers()).results, []);
});
