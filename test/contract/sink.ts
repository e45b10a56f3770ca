import assert from "node:assert/strict";
import type { RowKind } from "../../src/core/batch.ts";
import { FrameBuilder } from "../../src/core/frame.ts";
import { type Column, INT64, STRING } from "../../src/core/schema.ts";
import type { OutputBatch, Sink, SinkFactory, SinkInput } from "../../src/sink.ts";

export const SINK_COLUMNS: readonly Column[] = [
  { name: "n", type: INT64, nullable: true },
  { name: "s", type: STRING, nullable: true },
];

export const SINK_INPUT: SinkInput = { pipeline: "p", node: "out", upsertKeys: null, changes: false };

type Row = readonly [bigint, string, RowKind?];

/** How a kind of sink is tried out. */
export interface SinkUnderTest {
  readonly factory: SinkFactory;
  /** Options that it takes. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The rows that a reader finds, as text `n s`, with `$op` behind where that was written, in order; null where nobody can read what was written. */
  read(): Promise<readonly string[] | null>;
  /** Who reads takes what comes again under the same key once, so that nothing is there twice whatever the sink promises. */
  readonly isKeyed?: true;
  /** Ends what stands behind it; absent: nothing does. */
  end?(): Promise<void>;
}

/** An output whose rows are spread over two ranges. */
export function sinkOutput(number: number, rows: readonly Row[]): OutputBatch {
  const cut = Math.floor(rows.length / 2);
  const ranges = [rows.slice(0, cut), rows.slice(cut)].map((part) => {
    const builder = new FrameBuilder(SINK_COLUMNS);
    builder.append([-1n, "not in the range"]);
    for (const [n, s, kind] of part) builder.append([n, s], kind);
    return { frame: builder.finish(), start: 1, rows: part.length };
  });
  return { number, ranges, rows: rows.length, watermark: number };
}

const CHANGES = sinkOutput(1, [[1n, "a"], [1n, "a", "-U"], [1n, "b", "+U"], [1n, "b", "-D"], [2n, "c"]]);

function hasChangelog({ options }: SinkFactory): boolean {
  return Object.hasOwn((options as { properties: Record<string, unknown> }).properties, "changelog");
}

/** Registers what every `Sink` must do. `prepare` gives a fresh place to write to. */
export function sinkConformance(name: string, prepare: () => Promise<SinkUnderTest> | SinkUnderTest): void {
  const test = (behaviour: string, run: (sink: SinkUnderTest) => Promise<void>) =>
    Deno.test(`${name}: ${behaviour}`, async () => {
      const sink = await prepare();
      try {
        await run(sink);
      } finally {
        await sink.end?.();
      }
    });

  test("writes the rows of all outputs in order, also of those without rows", async ({ factory, options, read }) => {
    const sink = factory.create(options, SINK_COLUMNS, SINK_INPUT);
    assert.equal(await sink.open(), -1);
    await sink.write(sinkOutput(1, [[1n, "a"], [2n, "b"], [3n, 'c "quoted", with\nline end']]));
    await sink.write(sinkOutput(2, []));
    await sink.write(sinkOutput(5, [[4n, "d"]]));
    await sink.close();
    const expected = ["1 a", "2 b", '3 c "quoted", with\nline end', "4 d"];
    const found = await read();
    if (found) assert.deepEqual(found, expected);
  });

  test("leaves something that can be read when no output came", async ({ factory, options, read }) => {
    const sink = factory.create(options, SINK_COLUMNS, SINK_INPUT);
    await sink.open();
    await sink.close();
    const found = await read();
    if (found) assert.deepEqual(found, []);
  });

  test("takes rows back only as a changelog, and says then what each row does", async ({ factory, options, read }) => {
    if (!hasChangelog(factory)) return;
    const sink = factory.create({ ...options, changelog: true }, SINK_COLUMNS, SINK_INPUT);
    await sink.open();
    await sink.write(CHANGES);
    await sink.write(sinkOutput(2, [[3n, "d"]]));
    await sink.close();
    const expected = ["1 a +I", "1 a -U", "1 b +U", "1 b -D", "2 c +I", "3 d +I"];
    assert.deepEqual(await read(), expected);
    assert.throws(() => factory.create({ ...options, changelog: "yes" }, SINK_COLUMNS, SINK_INPUT), {
      code: "invalid_plan",
    });
  });

  test("refuses what takes rows back where nothing would say so", async ({ factory, options }) => {
    if (!hasChangelog(factory)) return;
    const sink = factory.create({ ...options, changelog: false }, SINK_COLUMNS, SINK_INPUT);
    await sink.open();
    await assert.rejects(sink.write(CHANGES), { code: "internal", message: /changelog/ });
    await sink.close();
  });

  test("says what it guarantees and by what, and describes all of its options", ({ factory, options }) => {
    const schema = factory.options as {
      type: string;
      properties: Record<string, { readonly default?: unknown; readonly description: string }>;
      required: string[];
      additionalProperties: boolean;
    };
    assert.equal(schema.type, "object");
    assert.equal(schema.additionalProperties, false);
    assert.deepEqual([...schema.required].sort(), Object.keys(options).filter((key) => key !== "kind").sort());
    for (const { description } of Object.values(schema.properties)) assert.ok(description.length > 10);
    const { guarantee } = factory.create(options, SINK_COLUMNS, SINK_INPUT);
    assert.ok(["exactly once", "effectively once", "at least once"].includes(guarantee));
    assert.equal(factory.guarantee, guarantee);
    assert.ok(factory.by!.length > 10);
    return Promise.resolve();
  });

  test("refuses options that it does not know or that are missing", ({ factory, options }) => {
    const create = (options: Readonly<Record<string, unknown>>) => () =>
      factory.create(options, SINK_COLUMNS, SINK_INPUT);
    assert.throws(create({ ...options, colour: "red" }), { code: "invalid_plan", message: /"colour"/ });
    assert.throws(create({ ...options, ["__proto__"]: "red" }), { code: "invalid_plan" });
    for (const key of Object.keys(options)) {
      if (key === "kind") continue;
      const { [key]: _, ...others } = options;
      assert.throws(create(others), { code: "invalid_plan", message: new RegExp(key) });
      assert.throws(create({ ...options, [key]: {} }), { code: "invalid_plan", message: new RegExp(key) });
      assert.throws(create({ ...options, [key]: "" }), { code: "invalid_plan", message: new RegExp(key) });
    }
    return Promise.resolve();
  });

  numberConformance(test);
}

/** Outputs of a run, some without rows; each row says its output and its place in it. */
function outputsOf(to: number): OutputBatch[] {
  return Array.from({ length: to }, (_, i) => {
    const rows = Array.from({ length: i % 4 }, (_, row): Row => [BigInt(i + 1), `row ${row}`]);
    return sinkOutput(i + 1, rows);
  });
}

function textsOf(outputs: readonly OutputBatch[]): string[] {
  return outputs.flatMap(({ number, rows }) => Array.from({ length: rows }, (_, row) => `${number} row ${row}`));
}

/** Writes as a pipeline does: nothing that is committed. */
async function writeAll(sink: Sink, committed: number, outputs: readonly OutputBatch[]): Promise<void> {
  for (const output of outputs) if (output.number > committed) await sink.write(output);
}

function plain(place: unknown): unknown {
  return place === undefined ? undefined : JSON.parse(JSON.stringify(place));
}

type SinkTest = (behaviour: string, run: (sink: SinkUnderTest) => Promise<void>) => void;

/** What every sink must do with numbers, whose promise is that nothing is there twice. */
function numberConformance(test: SinkTest): void {
  test("shows nothing twice when a run goes on from its beginning, from a checkpoint, or behind its end", async (given) => {
    const { factory, options, read, isKeyed } = given, all = outputsOf(23);
    if (factory.guarantee !== "exactly once" && !isKeyed) return;
    const first = factory.create(options, SINK_COLUMNS, SINK_INPUT);
    assert.equal(await first.open(), -1);
    const origin = plain(first.place);
    await writeAll(first, -1, all.slice(0, 9));
    await first.flush?.();
    const checkpoint = plain(first.place);
    await writeAll(first, -1, all.slice(9, 15));
    await first.close();
    const before = await read();
    for (const [place, from] of [[origin, 0], [checkpoint, 9], [origin, 0]] as const) {
      const again = factory.create(options, SINK_COLUMNS, SINK_INPUT), committed = await again.open(place);
      assert.ok(committed <= 15, `${committed} is committed of 15`);
      await writeAll(again, committed, all.slice(from, 15));
      await again.close();
      assert.deepEqual(await read(), before);
    }
    const last = factory.create(options, SINK_COLUMNS, SINK_INPUT);
    await writeAll(last, await last.open(checkpoint), all.slice(9));
    await last.close();
    const found = await read();
    if (found) assert.deepEqual(found, textsOf(all));
  });

  test("takes the numbers of another run for others", async ({ factory, options, read, isKeyed }) => {
    if ((factory.guarantee !== "exactly once" && !isKeyed) || options.format === "arrow" && options.kind === "file") {
      return;
    }
    for (let run = 0; run < 3; run++) {
      const sink = factory.create(options, SINK_COLUMNS, SINK_INPUT);
      assert.equal(await sink.open(), -1);
      await writeAll(sink, -1, outputsOf(6));
      await sink.close();
    }
    const once = textsOf(outputsOf(6));
    assert.deepEqual(await read(), [...once, ...once, ...once]);
  });
}
