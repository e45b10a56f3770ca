import assert from "node:assert/strict";
import { openEncoder } from "../../src/codec/encoder.ts";
import type { AppendFile } from "../../src/sink/file.ts";
import { fileSink } from "../../src/sink/file.ts";
import { denoFiles } from "../../src/sink/file_deno.ts";
import { SINK_COLUMNS, SINK_INPUT, sinkConformance, sinkOutput } from "../contract/sink.ts";
import { readRows } from "./read_rows.ts";

const factory = fileSink(denoFiles((path) => path), openEncoder);

for (const format of ["ndjson", "csv", "arrow"]) {
  sinkConformance(`a file of ${format}`, () => {
    const path = Deno.makeTempDirSync() + `/out.${format}`;
    return {
      factory,
      options: { kind: "file", path, format },
      read: () => Promise.resolve(readRows(format, Deno.readFileSync(path))),
    };
  });
}

/** A file in memory that takes `room` bytes before it is full. */
class SmallFile implements AppendFile {
  bytes: Uint8Array;
  room = Infinity;
  isSynced = false;
  isClosed = false;

  constructor(text = "") {
    this.bytes = new TextEncoder().encode(text);
  }

  get size(): number {
    return this.bytes.length;
  }

  read(into: Uint8Array, at: number): Promise<number> {
    const part = this.bytes.subarray(at, at + into.length);
    into.set(part);
    return Promise.resolve(part.length);
  }

  append(bytes: Uint8Array): Promise<void> {
    this.isSynced = false;
    const taken = bytes.subarray(0, this.room);
    this.bytes = Uint8Array.from([...this.bytes, ...taken]);
    this.room -= taken.length;
    return taken.length === bytes.length ? Promise.resolve() : Promise.reject(new Error("ENOSPC: no space left"));
  }

  truncate(size: number): Promise<void> {
    this.bytes = this.bytes.slice(0, size);
    return Promise.resolve();
  }

  sync(): Promise<void> {
    this.isSynced = true;
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

function sinkOn(file: SmallFile, format: string) {
  const files = { sizeOf: () => Promise.resolve(file.size), open: () => Promise.resolve(file) };
  return fileSink(files, openEncoder).create({ path: "f", format }, SINK_COLUMNS, SINK_INPUT);
}

Deno.test("a file that has rows is continued, without a second header", async () => {
  const file = new SmallFile("n,s\r\n1,a\r\n"), sink = sinkOn(file, "csv");
  await sink.open();
  await sink.write(sinkOutput(1, [[2n, "b"]]));
  await sink.close();
  assert.equal(file.text, "n,s\r\n1,a\r\n2,b\r\n");
});

Deno.test("outputs that come again are compared with what is there, and the file is written on from where that ends, at whatever byte", async () => {
  for (const format of ["ndjson", "csv", "arrow"]) {
    const outputs = [1, 2, 3].map((number) => sinkOutput(number, [[BigInt(number), "x".repeat(number)]]));
    const before = format === "arrow" ? "" : "1,before\n", whole = new SmallFile(before), first = sinkOn(whole, format);
    await first.open();
    const places = [JSON.parse(JSON.stringify(first.place))];
    for (const output of outputs) {
      await first.write(output);
      places.push(JSON.parse(JSON.stringify(first.place)));
    }
    const written = whole.bytes;
    await first.close();
    const closed = whole.text;
    for (let cut = before.length; cut <= written.length; cut++) {
      const file = new SmallFile(), again = sinkOn(file, format);
      file.bytes = written.slice(0, cut);
      await again.open(places[0]);
      for (const output of outputs) await again.write(output);
      await again.close();
      assert.equal(file.text, closed, `${format}, cut at ${cut}`);
      // From a later place on, only what lies behind it comes again.
      const later = sinkOn(file, format);
      file.bytes = written.slice(0, cut);
      if (cut < places[2].size) {
        await assert.rejects(later.open(places[2]), { code: "conflict", message: /has lost rows/ });
        continue;
      }
      await later.open(places[2]);
      await later.write(outputs[2]);
      await later.close();
      assert.equal(file.text, closed, `${format}, cut at ${cut}, from the second output on`);
    }
    // Of what differs, everything from there on is written anew.
    const file = new SmallFile(), again = sinkOn(file, format);
    file.bytes = Uint8Array.from([...written.slice(0, -3), 0, 0, 0, 1, 2, 3]);
    await again.open(places[0]);
    for (const output of outputs) await again.write(output);
    await again.close();
    assert.equal(file.text, closed, format);
  }
});

Deno.test("a last line that was not ended stays by itself", async () => {
  const file = new SmallFile(`{"n":1,"s":"to`), sink = sinkOn(file, "ndjson");
  await sink.open();
  await sink.write(sinkOutput(1, [[2n, "b"]]));
  await sink.close();
  assert.equal(file.text, `{"n":1,"s":"to\n{"n":2,"s":"b"}\n`);
});

Deno.test("an Arrow file that is not empty is refused and closed", async () => {
  const file = new SmallFile("something");
  await assert.rejects(sinkOn(file, "arrow").open(), { code: "conflict", message: /not empty/ });
  assert.equal(file.isClosed, true);
});

Deno.test("a write that fails says why and leaves no part of its rows, and can be tried again", async () => {
  const file = new SmallFile(), sink = sinkOn(file, "ndjson");
  await sink.open();
  await sink.write(sinkOutput(1, [[1n, "a"]]));
  const before = file.text;
  file.room = 5;
  await assert.rejects(sink.write(sinkOutput(2, [[2n, "b"]])), { code: "no_space", message: /file f: ENOSPC/ });
  assert.equal(file.text, before);
  file.room = Infinity;
  await sink.write(sinkOutput(2, [[2n, "b"]]));
  assert.equal(file.text, `${before}{"n":2,"s":"b"}\n`);
});

Deno.test("what was written is synced before the file is closed, and no row is taken afterwards", async () => {
  const file = new SmallFile(), sink = sinkOn(file, "arrow");
  await sink.open();
  await sink.write(sinkOutput(1, [[1n, "a"]]));
  await sink.close();
  assert.deepEqual([file.isSynced, file.isClosed], [true, true]);
  await sink.close();
  await assert.rejects(sink.write(sinkOutput(2, [[2n, "b"]])), { code: "internal" });
});

Deno.test("a file that cannot be opened is an error that names it", async () => {
  const sink = factory.create({ path: "/nowhere/at/all", format: "csv" }, SINK_COLUMNS, SINK_INPUT);
  await assert.rejects(sink.open(), { code: "invalid_plan", message: /\/nowhere\/at\/all/ });
});
