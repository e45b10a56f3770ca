import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { CATALOG, type Json } from "./catalog.ts";

/** What is wrong with a plan: where, why and perhaps what to do. */
export interface Refusal {
  readonly what: string;
  readonly plan: Json;
  readonly path: string;
  readonly reason: RegExp;
  readonly hint?: RegExp;
}

/** Registers a test for each plan that it is refused for this reason, at this place, and for no other. */
export function refuses(refusals: readonly Refusal[]): void {
  for (const { what, plan, path, reason, hint } of refusals) {
    Deno.test(`a plan is refused: ${what}`, () => {
      assert.throws(() => compilePlan(plan, CATALOG), (thrown) => {
        assert.ok(thrown instanceof RdxError && thrown.code === "invalid_plan", `threw ${thrown}`);
        const [detail, ...more] = thrown.details;
        assert.deepEqual(more, []);
        assert.equal(detail.path, path, detail.reason);
        assert.match(detail.reason, reason);
        if (hint) assert.match(detail.hint ?? "", hint);
        return true;
      });
    });
  }
}

/** A plan of nodes as they are written, with a sink behind the last, and behind each that `sinks` names. */
export function plan(nodes: readonly Json[], sinks: readonly string[] = [nodes[nodes.length - 1].id as string]): Json {
  const ends = sinks.map((input) => ({ id: `${input}_sink`, op: "sink", input: [input], sink: { kind: "discard" } }));
  return { rdx: 1, name: "p", nodes: [...nodes, ...ends] };
}

export const FLIGHTS_SOURCE: Json = { id: "f", op: "source", stream: "flights" };
export const UNTIMED_SOURCE: Json = { id: "u", op: "source", stream: "untimed" };

/** The columns ts, origin and delay of `input`, each with `mark` in front. */
export function renamed(id: string, input: string, mark: string): Json {
  const columns = ["ts", "origin", "delay"].map((name) => ({ as: mark + name, expr: { column: name } }));
  return { id, op: "project", input: [input], columns };
}

export function tumble(id: string, input: string, more: Json = {}): Json {
  return { id, op: "window", input: [input], window: { kind: "tumble", size_ms: 60_000, ...more } };
}

export function count(id: string, input: string, keys: readonly string[], more: Json = {}): Json {
  return { id, op: "aggregate", input: [input], keys, aggs: [{ fn: "count", as: "n" }], ...more };
}
