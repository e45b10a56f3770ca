import assert from "node:assert/strict";
import { DurableRun, type LifeOptions } from "../durable_run.ts";
import { EVENTS } from "../engine_run.ts";
import { seeded } from "../../sim/pool.ts";
import { type Agg, aggregatePlan, type Kind } from "./plans.ts";
import { CarriedReference, type Event } from "./reference.ts";

const HOW = { start: "earliest", state: "keep" } as const;
const KINDS: readonly Kind[] = ["tumble", "hop", "groups", "ttl"];

const VALUE = { column: "value" };
const POSITIVE = { call: "gt", args: [VALUE, { literal: 3 }] };
/** What may be found out, but for its name; windows of slices know none of the last. */
const SLICED: readonly Omit<Agg, "as">[] = [
  { fn: "count" },
  { fn: "count", arg: VALUE },
  { fn: "sum", arg: VALUE },
  { fn: "min", arg: VALUE },
  { fn: "max", arg: VALUE },
  { fn: "sum", arg: { call: "mul", args: [VALUE, { literal: 2 }] } },
];
const ALL: readonly Omit<Agg, "as">[] = [
  ...SLICED,
  { fn: "count", arg: VALUE, distinct: true },
  { fn: "sum", arg: VALUE, distinct: true },
  { fn: "count", filter: POSITIVE },
  { fn: "sum", arg: VALUE, filter: POSITIVE },
  { fn: "string_agg", arg: { column: "key" }, args: [{ literal: "," }] },
];

function rowsOf(events: readonly Event[]) {
  return events.map(([ts, key, value]) => ({ ts, key, value }));
}

/** With names of their own again, or now and then with those of others, which may have gone. */
function renamed(kept: readonly Agg[], before: readonly Agg[], random: (bound: number) => number): Agg[] {
  if (random(2) === 0) return kept.map((agg) => random(3) === 0 ? { ...agg, as: `${agg.as}_` } : agg);
  const names = before.map(({ as }) => as);
  return kept.map((agg) => ({ ...agg, as: names.splice(random(names.length), 1)[0] }));
}

/** Aggregates under other names, without some and with others. */
function changedAggs(before: readonly Agg[], random: (bound: number) => number, kind: Kind, round: number): Agg[] {
  const pool = kind === "tumble" || kind === "hop" ? SLICED : ALL;
  const kept = renamed(before.filter(() => random(4) > 0), before, random);
  const left = pool.filter((one) =>
    ![...kept, ...before].some((agg) => JSON.stringify({ ...agg, as: "" }) === JSON.stringify({ ...one, as: "" }))
  );
  const more = left.filter(() => random(3) === 0).slice(0, 3).map((one, i) => ({ ...one, as: `a${round}_${i}` }));
  const all = [...kept, ...more].sort(() => random(2) - 0.5);
  return all.length > 0 ? all : [...before];
}

async function randomLife(kind: Kind, seed: number): Promise<number> {
  const random = seeded(seed), reference = new CarriedReference(kind);
  let changes = 0;
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    let aggs: Agg[] = [{ ...SLICED[0], as: "n" }], ts = 0;
    for (let round = 0; round < 4; round++) {
      if (round > 0) aggs = changedAggs(aggs, random, kind, round);
      const { notes } = await life.engine.pipelines.put("p", aggregatePlan(kind, aggs), HOW);
      changes += notes.length;
      reference.plan(aggs);
      const events = Array.from({ length: 1 + random(12) }, (): Event => {
        return [ts += random(8), "abcd"[random(4)], random(4) === 0 ? null : random(6)];
      });
      await life.send("events", rowsOf(events));
      for (const event of events) reference.take(event);
      await life.settled();
      if (random(2) === 0) await life.checkpoint("p");
      if (random(2) === 0) await life.restart(1 + random(3));
    }
    const last: Event = [1_000_000, "z", 1];
    await life.send("events", rowsOf([last]));
    await life.settled();
    reference.take(last);
    for (let again = 0; again < 2; again++) {
      assert.deepEqual(life.view("p").rows.sort(), reference.rows().sort(), `seed ${seed}`);
      if (again === 0) await life.restart(1 + random(3));
      await life.settled();
    }
  }, { workers: 1 + random(3) });
  return changes;
}

for (const kind of KINDS) {
  Deno.test(`aggregates that stay go on, and those that come see only what comes after them: ${kind}`, async () => {
    const first = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${first}`);
    let changes = 0; // of three in each life
    for (let i = 0; i < 3; i++) changes += await randomLife(kind, first + i);
    assert.ok(changes > 0);
  });
}

const N: Agg = { fn: "count", as: "n" }, S: Agg = { fn: "sum", arg: VALUE, as: "s" };

async function counted(act: (life: DurableRun) => Promise<void>, options: LifeOptions = {}): Promise<void> {
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("p", aggregatePlan("groups", [N]), HOW);
    await life.send("events", rowsOf([[1, "a", 5], [2, "b", 7], [3, "a", 5]]));
    await life.settled();
    await act(life);
  }, options);
}

Deno.test("a deploy says what begins empty, what goes and what has another name, and one that changes nothing says nothing", async () => {
  await counted(async ({ engine }) => {
    const put = async (aggs: readonly Agg[]) =>
      (await engine.pipelines.put("p", aggregatePlan("groups", aggs), HOW)).notes;
    assert.deepEqual(await put([N]), []);
    assert.deepEqual(await put([{ ...N, as: "rows" }, S]), [
      "Aggregate s = sum(int64) of aggregate is new: it begins empty",
      "Aggregate rows of aggregate goes on with the state of n",
    ]);
    assert.deepEqual(await put([S]), ["Aggregate rows = count(*) of aggregate is gone, and with it its state"]);
  });
});

Deno.test("different values that only an aggregate has counted which goes are gone with it", async () => {
  await counted(async (life) => {
    const put = (aggs: readonly Agg[]) => life.engine.pipelines.put("p", aggregatePlan("groups", aggs), HOW);
    const values: Agg = { fn: "count", arg: VALUE, distinct: true, as: "values" },
      sum: Agg = { ...values, fn: "sum", as: "sum" };
    await put([values]);
    await life.send("events", rowsOf([[4, "a", 8]]));
    await life.settled();
    await put([values, sum]);
    await life.send("events", rowsOf([[5, "a", 6], [6, "b", 6]]));
    await life.settled();
    await put([sum]);
    await life.send("events", rowsOf([[7, "a", 8], [8, "b", 6]]));
    await life.settled();
    for (const workers of [1, 3]) {
      assert.deepEqual(life.view("p").rows, ['"a" 14n', '"b" 6n']);
      await life.restart(workers);
      await life.settled();
    }
  });
});

/** What its view has after a change and nothing else, and after a restart. */
async function shownAfter(life: DurableRun, plan: unknown): Promise<readonly string[]> {
  await life.engine.pipelines.put("p", plan, HOW);
  await life.settled();
  const { rows } = life.view("p");
  await life.checkpoint("p");
  await life.restart();
  await life.settled();
  assert.deepEqual(life.view("p").rows, rows);
  return rows;
}

Deno.test("aggregates that swap their names, so that a view looks as before, take what the view has with them", async () => {
  await counted(async (life) => {
    const { engine } = life, swapped = [{ ...S, as: "n" }, { ...N, as: "s" }];
    await engine.pipelines.put("p", aggregatePlan("groups", [N, S]), HOW);
    await life.send("events", rowsOf([[4, "a", 1], [5, "b", 2]]));
    await life.settled();
    assert.deepEqual(life.view("p").rows, ['"a" 3n 1n', '"b" 2n 2n']);
    assert.deepEqual(await shownAfter(life, aggregatePlan("groups", swapped)), ['"a" 1n 3n', '"b" 2n 2n']);
    // The name of one that has gone
    assert.deepEqual(await shownAfter(life, aggregatePlan("groups", [{ ...N, as: "n" }])), ['"a" 3n', '"b" 2n']);
    await life.send("events", rowsOf([[6, "a", 9]]));
    await life.settled();
    assert.deepEqual(life.view("p").rows, ['"a" 4n', '"b" 2n']);
  });
});

Deno.test("windows that are told already swap their values with the names too, and sessions as well", async () => {
  for (const kind of ["tumble", "session"] as const) {
    await DurableRun.with(async (life) => {
      life.engine.streams.put("events", EVENTS);
      await life.engine.pipelines.put("p", aggregatePlan(kind, [N, S]), HOW);
      await life.send("events", rowsOf([[1, "a", 5], [2, "a", 7], [5000, "z", 0]]));
      await life.settled();
      const [row] = life.view("p").rows;
      assert.match(row, / 2n 12n$/);
      const rows = await shownAfter(life, aggregatePlan(kind, [{ ...S, as: "n" }, { ...N, as: "s" }]));
      assert.deepEqual(rows, [row.replace("2n 12n", "12n 2n")]);
    });
  }
});

Deno.test("columns of a view that swap the aggregates that they show swap their values", async () => {
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    const plan = (x: string, y: string) => {
      const { nodes, ...rest } = aggregatePlan("groups", [N, S]);
      const columns = [["key", "key"], ["x", x], ["y", y]].map(([as, column]) => ({ as, expr: { column } }));
      const shown = { id: "shown", op: "project", input: ["aggregate"], columns };
      const named = nodes.map((node) => node.op === "sink" ? { ...node, input: ["shown"] } : node);
      return { ...rest, nodes: [...named.slice(0, -1), shown, named.at(-1)] };
    };
    await life.engine.pipelines.put("p", plan("n", "s"), HOW);
    await life.send("events", rowsOf([[1, "a", 5], [2, "a", 7]]));
    await life.settled();
    assert.deepEqual(life.view("p").rows, ['"a" 2n 12n']);
    assert.deepEqual(await shownAfter(life, plan("s", "n")), ['"a" 12n 2n']);
  });
});

Deno.test("a pipeline whose state cannot become that of a changed plan goes on as it was", async () => {
  await counted(async (life) => {
    await assert.rejects(life.engine.pipelines.put("p", aggregatePlan("ttl", [N, S]), HOW), {
      code: "conflict",
      message: /The state of aggregate cannot become that of its new plan: table groups has no column \$touched yet/,
    });
    await life.send("events", rowsOf([[4, "a", 1]]));
    await life.settled();
    assert.deepEqual(life.view("p").rows, ['"a" 3n', '"b" 1n']);
    await life.checkpoint("p");
    await life.restart();
    assert.deepEqual(life.view("p").rows, ['"a" 3n', '"b" 1n']);
  });
});

Deno.test("open sessions tell an aggregate that comes what their rows have, and have NULL where these have nothing", async () => {
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    const put = (aggs: readonly Agg[]) => life.engine.pipelines.put("p", aggregatePlan("session", aggs), HOW);
    await put([N]);
    await life.send("events", rowsOf([[1, "a", 5], [2, "b", 7]]));
    await life.settled();
    const { notes } = await put([N, S]);
    assert.equal(notes[0], "Column value of window is new: it is NULL in rows of open sessions");
    await life.send("events", rowsOf([[3, "a", 9]]));
    await life.settled();
    await put([{ fn: "max", arg: VALUE, as: "m" }, N, S]);
    await life.send("events", rowsOf([[4, "a", 4], [1000, "z", 0]]));
    await life.settled();
    for (const workers of [1, 3]) {
      assert.deepEqual(life.view("p").rows, ['1n 104n "a" 9n 3n 13n', '1n 104n "b" null 1n null']);
      await life.restart(workers);
      await life.settled();
    }
  });
});

Deno.test("an end in the middle of a change leaves the plan before or the changed one, with all that it had", async () => {
  const seen = new Set<number>();
  for (let waits = 0; waits < 6; waits++) {
    await counted(async (life) => {
      const put = life.engine.pipelines.put("p", aggregatePlan("groups", [N, S]), HOW).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, waits * 15));
      await life.restart();
      await put;
      await life.settled();
      const { rows } = life.view("p"), columns = life.engine.views.get("p").columns.length;
      seen.add(columns);
      assert.deepEqual(rows, columns === 2 ? ['"a" 2n', '"b" 1n'] : ['"a" 2n null', '"b" 1n null']);
    });
  }
  assert.ok([...seen].every((columns) => columns === 2 || columns === 3));
});
