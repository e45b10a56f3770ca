import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { RdxError } from "../../../src/core/errors.ts";
import { FrameBuilder, FrameView } from "../../../src/core/frame.ts";
import { DEAD_COLUMNS } from "../../../src/runtime/dead_letters.ts";
import type { Streams } from "../../../src/runtime/streams.ts";
import { textOfRanges } from "../rows.ts";
import { BASE, LENIENT } from "./dead_run.ts";
import { streamsInMemory } from "./world.ts";

const encoder = new TextEncoder();

async function post(streams: Streams, text: string): Promise<void> {
  const body = encoder.encode(text);
  await streams.ingest("s", { body, format: "ndjson", autoCreate: false }).catch((thrown) => {
    if (!(thrown instanceof RdxError) || thrown.code !== "invalid") throw thrown;
  });
}

const rowsIn = async (streams: Streams) => textOfRanges((await streams.rows("s", 10_000)).ranges).sort();

async function open(streams: Streams, order: "newest" | "oldest" = "oldest", limit = 7) {
  const all: { raw: string; attempts: number; id: number }[] = [];
  for (let cursor: number | null = null;;) {
    const { columns, ranges, next } = await streams.dead.list("s", { filter: {}, order, limit, cursor });
    const at = (name: string) => columns.findIndex((column) => column.name === name);
    for (const { frame, rows } of ranges) {
      const view = new FrameView(frame);
      for (let row = 0; row < rows; row++) {
        const [attempts, id] = ["attempts", "id"].map((name) => Number(view.value(row, at(name))));
        all.push({ raw: String(view.value(row, at("raw"))), attempts, id });
      }
    }
    if (next === null) return all;
    cursor = next;
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("post" as const),
      kinds: fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("replay" as const),
      ids: fc.option(fc.array(fc.nat(60), { minLength: 1, maxLength: 9 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("discard" as const),
      ids: fc.array(fc.nat(60), { minLength: 1, maxLength: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("mend" as const), nullable: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("all" as const) }) },
);

Deno.test("any sequence of bad rows, mends, replays and discards leaves what a plain model says, each row once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const streams = streamsInMemory();
      streams.put("s", BASE);
      let nullable = false, next = 0, dead: { id: number; raw: string; attempts: number; kind: number }[] = [], ids = 0;
      const rows: string[] = [];
      const takes = (kind: number) => kind === 0 || (kind === 1 && nullable);
      const rowOf = (kind: number, n: number) => kind === 0 ? `${n}n null` : `null "r${n}"`;
      const retry = (chosen: typeof dead) => {
        const good = chosen.filter(({ kind }) => takes(kind)), bad = chosen.filter(({ kind }) => !takes(kind));
        rows.push(...good.map(({ raw, kind }) => rowOf(kind, Number(/\d+/.exec(raw)![0]))));
        dead = dead.filter((one) => !chosen.includes(one));
        dead.push(...bad.map((one) => ({ ...one, id: ids++, attempts: one.attempts + 1 })));
        return [good.length, bad.length];
      };
      for (const one of steps) {
        if (one.do === "mend") {
          nullable = one.nullable;
          streams.put("s", nullable ? LENIENT : BASE);
        } else if (one.do === "post") {
          const posted = one.kinds.map((kind) => {
            const n = next++, raw = [`{"id":${n}}`, `{"text":"r${n}"}`, `{"id":"x${n}"}`, `nonsense ${n}`][kind];
            return { kind, raw, n };
          });
          await post(streams, posted.map(({ raw }) => raw).join("\n"));
          // Nothing of a request is kept of which no row is good.
          if (!posted.some(({ kind }) => takes(kind))) continue;
          for (const { kind, raw, n } of posted) {
            if (takes(kind)) rows.push(rowOf(kind, n));
            else dead.push({ id: ids++, raw, attempts: 0, kind });
          }
        } else if (one.do === "discard") {
          const chosen = dead.filter(({ id }) => one.ids.includes(id));
          assert.deepEqual(await streams.dead.discard("s", { ids: one.ids }), { discarded: chosen.length });
          dead = dead.filter((each) => !chosen.includes(each));
        } else {
          const wanted = one.do === "replay" ? one.ids : null;
          const chosen = dead.filter(({ id }) => wanted === null || wanted.includes(id));
          const answer = await streams.dead.replay("s", wanted === null ? {} : { ids: wanted });
          assert.deepEqual([answer.replayed, answer.failed], retry(chosen));
        }
        const wanted = dead.map(({ raw, attempts, id }) => ({ raw, attempts, id }));
        assert.deepEqual(await open(streams), wanted);
        assert.deepEqual((await open(streams, "newest", 3)).reverse(), wanted);
        assert.deepEqual(await rowsIn(streams), [...rows].sort());
        assert.equal(streams.get("s").deadOpen, dead.length);
        assert.equal((await streams.dead.reasons("s", {})).rows, dead.length);
      }
      await streams.close();
    }),
    { numRuns: 300 },
  );
});

Deno.test("what is replayed and discarded at the same time is one or the other", async () => {
  const streams = streamsInMemory(), bad = Array.from({ length: 3000 }, (_, i) => `{"text":"r${i}"}`);
  streams.put("s", BASE);
  await post(streams, ['{"id":1}', ...bad].join("\n"));
  streams.put("s", LENIENT);
  const { dead } = streams, posts = Array.from({ length: 20 }, (_, i) => post(streams, `{"id":${i}}`));
  const [one, gone, two] = await Promise.all([
    dead.replay("s", { reason: "missing" }),
    dead.discard("s", { offsetFrom: 0 }),
    dead.replay("s", {}),
    ...posts,
  ]);
  assert.deepEqual([one.replayed, gone.discarded, two.replayed], [3000, 0, 0]);
  assert.equal(new Set(await rowsIn(streams)).size, 3000 + 20);
  await streams.close();
});

Deno.test("a replay takes what there is room for, and the rest once readers have gone on", async () => {
  const streams = streamsInMemory({ unreadBytesMax: 400_000 }), text = "x".repeat(100);
  streams.put("s", BASE);
  const bad = Array.from({ length: 2000 }, (_, i) => `{"text":"${i} ${text}"}`);
  for (let i = 0; i < 5; i++) await post(streams, ['{"id":1}', ...bad].join("\n"));
  streams.put("s", LENIENT);
  const { log } = streams.find("s")!, reader = log.reader("earliest");
  let replayed = 0, calls = 0, refused = 0;
  for (let more = true; more; calls++) {
    assert.ok(calls < 500, "a replay comes to its end");
    try {
      const answer = await streams.dead.replay("s", {});
      replayed += answer.replayed;
      more = answer.more;
    } catch (thrown) {
      assert.ok(thrown instanceof RdxError && thrown.code === "busy", `${thrown}`);
      refused++;
      while (reader.ready) reader.release(reader.next()!.offset + 1e9);
    }
  }
  assert.deepEqual([replayed, await open(streams, "oldest", 1000)], [10_000, []]);
  assert.ok(refused > 0, "it was full at times");
  assert.equal(streams.get("s").end, 10_005);
  reader.close();
  await streams.close();
});

Deno.test("dead rows of an earlier version, which say nothing of their text, are replayed when they are whole JSON", async () => {
  const streams = streamsInMemory();
  streams.put("s", BASE);
  await post(streams, '{"id":1}\n{}');
  const before = new FrameBuilder(DEAD_COLUMNS.slice(0, 6));
  const raws = ['{"text":"whole"}', "1,csv", `{"text":"${"y".repeat(4096)}`.slice(0, 4096), '{"text":"\ufffd"}'];
  for (const raw of raws) before.append([0, 2, null, "It was bad", raw, 5]);
  await streams.find("s.dead")!.put([before.finish()], raws.length);
  streams.put("s", LENIENT);
  const { replayed, failed, errors } = await streams.dead.replay("s", {});
  assert.deepEqual([replayed, failed], [2, 3]);
  for (const { reason } of errors) assert.match(reason, /^Cannot be replayed: .*; it was dead for: It was bad$/);
  assert.deepEqual(await rowsIn(streams), ["1n null", 'null "whole"', "null null"]);
  await streams.close();
});
