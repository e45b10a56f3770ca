import type { Encoder, OpenEncoder, OutputFormat } from "../codec.ts";
import type { Column } from "../core/schema.ts";
import type { Guarantee, OutputBatch, Sink, SinkFactory } from "../sink.ts";
import { encodeOutput } from "./encode_output.ts";
import { CHANGELOG, optionsSchema, readOptions } from "./options.ts";

/** Writes all of the bytes, or throws. */
export type WriteOut = (bytes: Uint8Array) => Promise<void>;

const OPTIONS = optionsSchema({
  format: { enum: ["ndjson", "csv"], description: "How rows are written" },
  changelog: CHANGELOG,
});

/** Sinks that write to the process's standard output. Outputs of several sinks never mix within a line. */
export function stdoutSink(openEncoder: OpenEncoder, write: WriteOut = writeStdout): SinkFactory {
  let last = Promise.resolve();
  const inTurn: WriteOut = (bytes) => {
    const turn = last.then(() => write(bytes));
    last = turn.catch(() => {}); // the one who waits for `turn` is told
    return turn;
  };
  return {
    kind: "stdout",
    guarantee: "at least once",
    by: "what was shown is shown again",
    options: OPTIONS,
    create(options: Readonly<Record<string, unknown>>, columns: readonly Column[]): Sink {
      const read = readOptions("stdout", OPTIONS, options), format = read.text("format") as OutputFormat;
      const kinds = read.isOn("changelog");
      return new StdoutSink(openEncoder(format, columns, { kinds }), kinds, inTurn);
    },
  };
}

class StdoutSink implements Sink {
  readonly guarantee: Guarantee = "at least once";
  readonly #encoder: Encoder;
  readonly #kinds: boolean;
  readonly #write: WriteOut;
  #head = Promise.resolve();

  constructor(encoder: Encoder, kinds: boolean, write: WriteOut) {
    this.#encoder = encoder;
    this.#kinds = kinds;
    this.#write = write;
  }

  /** Does not wait until the head is written: while nobody reads, that may take for ever. */
  open(): Promise<number> {
    this.#head = this.#write(this.#encoder.head());
    this.#head.catch(() => {}); // the first who writes rows is told
    return Promise.resolve(-1);
  }

  async write(output: OutputBatch): Promise<void> {
    await this.#head;
    if (output.rows > 0) await this.#write(encodeOutput(this.#encoder, output, this.#kinds));
  }

  async close(): Promise<void> {
    await this.#head;
    await this.#write(this.#encoder.tail());
  }
}

async function writeStdout(bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await Deno.stdout.write(bytes.subarray(done));
}
