import assert from "node:assert/strict";
import { openEncoder } from "../../src/codec/encoder.ts";
import { stdoutSink, type WriteOut } from "../../src/sink/stdout.ts";
import { SINK_COLUMNS, SINK_INPUT, sinkConformance, sinkOutput } from "../contract/sink.ts";
import { readRows } from "./read_rows.ts";

for (const format of ["ndjson", "csv"]) {
  sinkConformance(`standard output as ${format}`, () => {
    const written: number[] = [];
    const write: WriteOut = (bytes) => Promise.resolve(void written.push(...bytes));
    return {
      factory: stdoutSink(openEncoder, write),
      options: { kind: "stdout", format },
      read: () => Promise.resolve(readRows(format, Uint8Array.from(written))),
    };
  });
}

Deno.test("outputs of several sinks do not mix, and an error reaches only the one who wrote", async () => {
  const seen: string[] = [];
  const write: WriteOut = async (bytes) => {
    const text = new TextDecoder().decode(bytes);
    seen.push(`begin ${text.length}`);
    await Promise.resolve();
    if (text.includes("bad")) throw new Error("Broken pipe");
    seen.push(`end ${text.length}`);
  };
  const sinks = stdoutSink(openEncoder, write);
  const [a, b] = [1, 2].map(() => sinks.create({ format: "ndjson" }, SINK_COLUMNS, SINK_INPUT));
  const done = await Promise.allSettled([
    a.write(sinkOutput(1, [[1n, "a"]])),
    b.write(sinkOutput(1, [[1n, "bad"]])),
    a.write(sinkOutput(2, [[2n, "longer"]])),
  ]);
  assert.deepEqual(done.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(seen, ["begin 16", "end 16", "begin 18", "begin 21", "end 21"]);
});

Deno.test("a sink opens while nobody takes what another writes", async () => {
  let release = () => {};
  const written: string[] = [], gate = new Promise<void>((resolve) => release = resolve);
  const sinks = stdoutSink(openEncoder, async (bytes) => {
    await gate;
    written.push(new TextDecoder().decode(bytes));
  });
  const [stuck, other] = ["ndjson", "csv"].map((format) => sinks.create({ format }, SINK_COLUMNS, SINK_INPUT));
  const writing = stuck.write(sinkOutput(1, [[1n, "a"]]));
  assert.equal(await other.open(), -1);
  const closing = other.close();
  assert.equal(written.length, 0);
  release();
  await Promise.all([writing, closing]);
  assert.equal(written.filter(Boolean).length, 2);
  assert.ok(written[1].includes(SINK_COLUMNS[0].name), "the head is missing");
});

Deno.test("standard output with a changelog tells what each row does, and takes true or false for it", async () => {
  const written: string[] = [];
  const factory = stdoutSink(
    openEncoder,
    (bytes) => Promise.resolve(void written.push(new TextDecoder().decode(bytes))),
  );
  const sink = factory.create({ format: "ndjson", changelog: true }, SINK_COLUMNS, SINK_INPUT);
  await sink.write(sinkOutput(1, [[1n, "a"]]));
  assert.deepEqual(written, ['{"n":1,"s":"a","$op":"+I"}\n']);
  const create = () => factory.create({ format: "ndjson", changelog: "yes" }, SINK_COLUMNS, SINK_INPUT);
  assert.throws(create, { code: "invalid_plan", message: /"changelog" to be true or false/ });
});
