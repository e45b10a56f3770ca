import assert from "node:assert/strict";
import { randomOf } from "../../kernel/numbers.ts";
import { DurableRun } from "../durable_run.ts";
import { EVENTS, windowsPlan } from "../engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const, KEYS = 40;

async function started(life: DurableRun): Promise<void> {
  life.engine.streams.put("events", EVENTS);
  await life.engine.pipelines.put("windows", windowsPlan({ kind: "view", name: "windows" }, { delayMs: 200 }), HOW);
}

/** What a look finds of a key, by the names of columns. */
async function look(life: DurableRun, node: string, key: string | null, limit = 1000) {
  const result = await life.engine.states.look("windows", {
    ...{ node, table: null, internal: false, limit },
    key: key === null ? null : () => [key],
  });
  const rows = result.rows.map(({ view, row }) =>
    Object.fromEntries(result.columns.map(({ name }, column) => [name, view.value(row, column)]))
  );
  return { ...result, rows };
}

for (const workers of [1, 2, 3, 4]) {
  Deno.test(`looks while rows flow see each key as it is behind a number, and checkpoints are as without: ${workers} workers`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed);
    const sent = Array.from({ length: 6000 }, (_, i) => ({
      ts: Math.floor(i / 10),
      key: `key ${Math.floor(random() * KEYS)}`,
      value: Math.floor(random() * 100),
    }));
    const digests: string[] = [];
    for (const looks of [true, false]) {
      await DurableRun.with(async (life) => {
        await started(life);
        const { node } = (await life.engine.states.get("windows")).operators[0];
        let running = true, seen = 0, last = 0;
        const looking = (async () => {
          while (looks && running) {
            const key = `key ${Math.floor(random() * KEYS)}`, { number, rows } = await look(life, node, key);
            assert.ok(number >= 0 && rows.every((row) => row.key === key), `seed ${seed}`);
            seen++;
            last = Math.max(last, number);
          }
        })();
        for (let from = 0; from < sent.length; from += 300) {
          await life.send("events", sent.slice(from, from + 300));
          if (from === 3000) await life.checkpoint("windows");
        }
        await life.settled();
        running = false;
        await looking;
        assert.ok(!looks || (seen > 0 && last > 0), `${seen} looks`);
        const number = await life.checkpoint("windows");
        const at = await life.engine.states.digest("windows", number);
        // How many steps a view has taken goes by how rows came together in chunks, which no two runs have alike
        const tables = at.tables.filter(({ table }) => table !== "view");
        digests.push(tables.map(({ node, table, digest }) => `${node} ${table} ${digest}`).join("\n"));
        const { numbers } = await life.engine.states.get("windows");
        let rows = 0;
        for (let i = 0; i < KEYS; i++) {
          const found = await look(life, node, `key ${i}`);
          assert.ok(numbers.includes(found.number));
          rows += found.rows.length;
        }
        const all = await look(life, node, null), now = await life.engine.states.digest("windows", null);
        const slices = now.tables.find(({ table }) => table === "slices")!.rows;
        assert.deepEqual([rows, all.rows.length, all.more], [slices, slices, false], `seed ${seed}`);
        const few = await look(life, node, null, 3);
        assert.deepEqual([few.rows.length, few.more], [3, true]);
      }, { workers });
    }
    assert.equal(digests[0], digests[1], `seed ${seed}`);
  });
}

Deno.test("a look through rows of frames, which no index has, sees of a key all that came up to a number while rows flow", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), keyOf = () => Math.floor(random() * KEYS);
  const sent = Array.from({ length: 24_000 }, (_, i) => ({ ts: Math.floor(i / 10), key: `key ${keyOf()}`, value: i }));
  const own = (key: string) => sent.filter((row) => row.key === key).map(({ value }) => BigInt(value));
  const frame = { kind: "range", preceding: 1_000_000 },
    aggs = [{ fn: "sum", arg: { column: "value" }, as: "total" }];
  const plan = {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "events", idle_timeout_ms: 0, delay_ms: 200 },
      { id: "over", op: "over", input: ["source"], keys: ["key"], time: "ts", frame, aggs },
      { id: "view", op: "sink", input: ["over"], sink: { kind: "view", name: "windows" } },
    ],
  };
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("windows", plan, HOW);
    const seen = async () => {
      const key = `key ${keyOf()}`, { rows, more } = await look(life, "over", key);
      const values = rows.map(({ value }) => value as bigint).sort((a, b) => a < b ? -1 : 1);
      assert.deepEqual([values, more], [own(key).slice(0, values.length), false], `seed ${seed}, ${key}`);
      return values.length;
    };
    let running = true, looks = 0;
    const looking = Promise.all([0, 1].map(async () => {
      for (; running; looks++) await seen();
    }));
    for (let from = 0; from < sent.length; from += 1000) await life.send("events", sent.slice(from, from + 1000));
    await life.settled();
    running = false;
    await looking;
    assert.ok(looks > 0 && await seen() > 300);
    assert.deepEqual((await look(life, "over", "nobody")).rows, []);
  }, { workers: 2 });
});
