import assert from "node:assert/strict";
import { checkShape, type JsonSchema } from "../../src/plan/json_schema.ts";
import { Problems } from "../../src/plan/problems.ts";
import { createApp } from "../../src/server/app.ts";
import { openapiDocument, publishedSchema, schemaNames } from "../../src/server/openapi/document.ts";
import { PROBLEMS } from "../../src/server/problems.ts";
import { SimEngine } from "../sim/engine.ts";
import { EventClient, SocketClient } from "./client.ts";
import { type Harness, JSON_TYPE, post, withServer } from "./harness.ts";

interface Document {
  readonly paths: Record<string, Record<string, OperationObject>>;
  readonly components: { readonly schemas: Record<string, JsonSchema> };
}

interface OperationObject {
  readonly operationId: string;
  readonly security?: unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, { schema: JsonSchema }> }
  >;
}

// The document is JSON: what a client gets is what is checked.
const document = JSON.parse(JSON.stringify(openapiDocument())) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
);

/** A schema with its references put in, as far as this document has them. */
function resolved(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema, (_, value) => {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(value?.$ref ?? "")?.[1];
    return name ? resolved(document.components.schemas[name]) : value;
  });
  return JSON.parse(text);
}

function assertFits(value: unknown, schema: JsonSchema, what: string): void {
  const problems = new Problems();
  checkShape(resolved(schema), value, "", problems);
  assert.doesNotThrow(() => problems.throwIfAny(""), what);
}

Deno.test("the document describes every route, and no other", () => {
  const { app } = createApp({ engine: new SimEngine(), autoCreate: true, token: null, loopback: true });
  const routes = app.routes.filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  const described = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`);
  assert.deepEqual(described.sort(), [...new Set(routes)].sort());
  assert.ok(described.length > 20);
});

Deno.test("every operation has an id of its own, its path's parameters and answers of known problems", () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
  const statuses = new Set(Object.values(PROBLEMS).map(({ status }) => String(status)));
  for (const { path, operation } of operations) {
    const declared = (operation.parameters ?? []).filter((one) => one.in === "path").map(({ name }) => name);
    assert.deepEqual(declared, [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name), path);
    for (const [status, { content }] of Object.entries(operation.responses)) {
      if (status < "400" || !content?.["application/problem+json"]) continue;
      assert.ok(statuses.has(status), `${path} ${status}`);
    }
  }
});

Deno.test("what a path answers other methods than its own is described", async () => {
  await withServer({}, async ({ ask }) => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const answer = await ask(path.replace(/\{\w+\}/g, "x"), { method: "PATCH" });
      assert.equal(answer.status, 405, path);
      const allowed = answer.headers.get("allow")!.toLowerCase().split(", ").filter((method) => method !== "head");
      assert.deepEqual(allowed.sort(), Object.keys(methods).sort(), path);
      for (const [method, { responses }] of Object.entries(methods)) {
        assert.ok(responses["405"], `${method} ${path}`);
        assertFits(await answer.clone().json(), responses["405"].content!["application/problem+json"].schema, path);
      }
    }
  });
});

Deno.test("every reference leads somewhere", () => {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target);
  assert.ok(refs.length > 20);
  for (const target of refs) {
    const component = /^#\/components\/schemas\/(\w+)$/.exec(target)?.[1];
    if (component) assert.ok(Object.hasOwn(document.components.schemas, component), target);
    else assert.ok(publishedSchema(target.replace("/v1/schemas/", "")), target);
  }
  for (const name of schemaNames()) {
    const inner = [...JSON.stringify(publishedSchema(name)).matchAll(/"\$ref":"\/v1\/schemas\/(\w+)"/g)];
    for (const [, target] of inner) assert.ok(schemaNames().includes(target), `${name} → ${target}`);
  }
});

Deno.test("schemas are served under their names, the plan's too", async () => {
  await withServer({}, async ({ ask }) => {
    const { schemas } = await (await ask("/v1/schemas")).json();
    assert.ok(schemas.includes("plan") && schemas.includes("ingest_answer"));
    for (const name of schemas) {
      const answer = await ask(`/v1/schemas/${name}`);
      assert.equal(answer.headers.get("content-type"), "application/schema+json");
      assert.equal((await answer.json()).$id, `/v1/schemas/${name}`);
    }
    for (const name of ["nothing", "__proto__", "toString"]) {
      assert.equal((await ask(`/v1/schemas/${name}`)).status, 404);
    }
    assert.deepEqual(await (await ask("/openapi.json")).json(), document);
  });
});

const PLAN = {
  rdx: 1,
  name: "p",
  nodes: [{ id: "a", op: "source", stream: "s" }, { id: "b", op: "sink", sink: { kind: "view", name: "v" } }],
};
const plan = { method: "PUT", headers: JSON_TYPE, body: JSON.stringify(PLAN) };
const declaration = { method: "PUT", headers: JSON_TYPE, body: '{"columns":[{"name":"n","type":"int64"}]}' };

const script = { method: "PUT", headers: { "content-type": "application/sql" } };

/** One call for each kind of answer in JSON, in an order in which they succeed; the path as the document has it. */
const CALLS: readonly [method: string, path: string, at: string, init?: RequestInit][] = [
  ["put", "/v1/streams/{name}", "/v1/streams/t", declaration],
  ["put", "/v1/streams/{name}", "/v1/streams/t", { ...declaration, body: '{"columns":[]}' }],
  ["get", "/v1/streams", "/v1/streams"],
  ["get", "/v1/streams/{name}", "/v1/streams/s"],
  ["get", "/v1/streams/{name}", "/v1/streams/missing"],
  ["get", "/v1/streams/{name}/rows", "/v1/streams/s/rows"],
  ["get", "/v1/streams/{name}/dead", "/v1/streams/s/dead"],
  ["get", "/v1/streams/{name}/dead/reasons", "/v1/streams/s/dead/reasons"],
  ["post", "/v1/streams/{name}/dead/replay", "/v1/streams/s/dead/replay", { method: "POST" }],
  ["post", "/v1/streams/{name}/dead/discard", "/v1/streams/s/dead/discard", { method: "POST" }],
  ["post", "/v1/streams/{name}/dead/discard", "/v1/streams/s/dead/discard", { method: "POST", body: "all" }],
  ["put", "/v1/pipelines/{name}", "/v1/pipelines/p", plan],
  ["put", "/v1/pipelines/{name}", "/v1/pipelines/p", { ...plan, body: '{"nodes":[{"id":"a","op":"b"}]}' }],
  ["put", "/v1/pipelines/{name}", "/v1/pipelines/p", { ...plan, headers: {} }],
  ["get", "/v1/pipelines", "/v1/pipelines"],
  ["get", "/v1/pipelines/{name}", "/v1/pipelines/p"],
  ["get", "/v1/pipelines/{name}/explain", "/v1/pipelines/p/explain"],
  ["post", "/v1/explain", "/v1/explain", { ...plan, method: "POST" }],
  ["get", "/v1/catalog", "/v1/catalog"],
  ["put", "/v1/pipelines/{name}", "/v1/pipelines/q", { ...script, body: "SELECT * FROM s" }],
  ["put", "/v1/pipelines/{name}", "/v1/pipelines/q", { ...script, body: "SELECT nothing FROM s" }],
  ["get", "/v1/pipelines/{name}", "/v1/pipelines/q"],
  ["get", "/v1/views", "/v1/views"],
  ["get", "/v1/views/{name}", "/v1/views/v?open=true"],
  ["get", "/v1/views/{name}", "/v1/views/v?limit=x"],
  ["get", "/v1/pipelines/{name}/flow", "/v1/pipelines/p/flow"],
  ["get", "/v1/pipelines/{name}/savepoints", "/v1/pipelines/p/savepoints"],
  ["post", "/v1/pipelines/{name}/savepoints/{savepoint}", "/v1/pipelines/p/savepoints/s", { method: "POST" }],
  ["post", "/v1/pipelines/{name}/savepoints/{savepoint}", "/v1/pipelines/p/savepoints/s", { method: "POST" }],
  ["get", "/v1/pipelines/{name}/savepoints", "/v1/pipelines/p/savepoints"],
  ["get", "/v1/pipelines/{name}/savepoint", "/v1/pipelines/p/savepoint?name=s"],
  ["get", "/v1/pipelines/{name}/savepoint", "/v1/pipelines/p/savepoint?name=missing"],
  ["delete", "/v1/pipelines/{name}/savepoints/{savepoint}", "/v1/pipelines/p/savepoints/s", { method: "DELETE" }],
  ["put", "/v1/pipelines/{name}/savepoint", "/v1/pipelines/p/savepoint", { ...plan, body: JSON.stringify(PLAN) }],
  ["put", "/v1/pipelines/{name}/savepoint", "/v1/pipelines/p/savepoint?start=now", { ...plan, body: "x" }],
  ["get", "/v1/pipelines/{name}/replay", "/v1/pipelines/p/replay?from=3&to=2024-05-01"],
  ["get", "/v1/pipelines/{name}/replay", "/v1/pipelines/missing/replay"],
  ["get", "/v1/pipelines/{name}/replay", "/v1/pipelines/p/replay?from=soon"],
  ["post", "/v1/replay", "/v1/replay?from=3", { ...plan, method: "POST" }],
  ["get", "/", "/"],
  ["get", "/assets/{name}", "/assets/page.css"],
  ["get", "/demo/flights.json", "/demo/flights.json"],
  ["get", "/healthz", "/healthz"],
  ["get", "/healthz", "/healthz", { headers: { accept: "application/json" } }],
  ["get", "/readyz", "/readyz"],
  ["get", "/metrics", "/metrics"],
  ["get", "/v1/schemas", "/v1/schemas"],
  ["get", "/problems/{name}", "/problems/busy"],
  ["post", "/v1/streams/{name}/end", "/v1/streams/s/end", { method: "POST" }],
  ["post", "/v1/streams/{name}", "/v1/streams/s", { method: "POST", headers: JSON_TYPE, body: "{}" }],
  ["post", "/v1/streams/{name}", "/v1/streams/s2", { method: "POST", headers: JSON_TYPE, body: "{}" }],
  ["delete", "/v1/streams/{name}", "/v1/streams/s", { method: "DELETE" }],
  ["delete", "/v1/pipelines/{name}", "/v1/pipelines/p", { method: "DELETE" }],
];

async function checkCall(harness: Harness, [method, path, at, init]: typeof CALLS[number]): Promise<number> {
  const answer = await harness.ask(at, init), type = answer.headers.get("content-type")?.split(";")[0];
  const text = await answer.text(), what = `${method} ${at} ${answer.status}`;
  const described = document.paths[path][method].responses[answer.status];
  assert.ok(described, `${what} is not in the document`);
  if (type === undefined) assert.equal(described.content, undefined, what);
  else {
    assert.ok(described.content?.[type], `${what}: ${type} is not in the document`);
    if (/[/+]json$/.test(type)) assertFits(JSON.parse(text), described.content[type].schema, `${what} ${text}`);
  }
  return answer.status;
}

Deno.test("answers are as the document says, problems too", async () => {
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const bundle = { build: "b1", page: utf8("<!doctype html>"), assets: new Map([["page.css", utf8("")]]) };
  const flight = { ts: 0, delay: -3, distance: 100, origin: "SFO", destination: "LAX" };
  const loadDemo = () => Promise.resolve(utf8(JSON.stringify([flight])));
  await withServer({ bundle, loadDemo }, async (harness) => {
    await post(harness, "s", '{"n":1,"text":"x"}\nnonsense');
    const statuses = new Set<number>();
    for (const call of CALLS) statuses.add(await checkCall(harness, call));
    assert.deepEqual([...statuses].sort(), [200, 201, 204, 400, 404, 409, 415, 422]);
  });
});

Deno.test("live events and WebSocket messages are as their schemas say", async () => {
  await withServer({ bounds: { heartbeatMs: 5 } }, async (harness) => {
    const { schemas } = document.components, view = harness.engine.addView("v");
    const events = new EventClient(await harness.ask("/v1/views/v/live?open=true")), seen = new Set<string>();
    view.emit([[0n, 1n, "Oslo", 1n]], 1);
    while (seen.size < 4) {
      const { event, data } = (await events.next())!;
      seen.add(event);
      assertFits(data, schemas[`live_${event}`], `live ${event}`);
    }
    await events.close();
    const socket = await SocketClient.open(harness, "/v1/streams/s/ws");
    const lead = { $rdx: { producer: "p", sequence: 0 } };
    assertFits(lead, schemas.ingest_lead, "lead");
    assertFits(await socket.next(), schemas.ingest_credit, "credit");
    socket.send(`${JSON.stringify(lead)}\n{"n":1}\nnonsense`);
    assertFits(await socket.next(), schemas.ingest_ack, "ack");
    await socket.close();
  });
});
