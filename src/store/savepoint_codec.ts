import { RdxError, reasonOf } from "../core/errors.ts";
import { FrameView } from "../core/frame.ts";
import { SAVEPOINT_PIECE_BYTES_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { SavedStep, SavepointFacts } from "../store.ts";
import { encodeRowSchema, encodeStep, RowReader } from "./arrow_rows.ts";
import type { Checksum } from "./sealed.ts";

// The format of a savepoint, version 1: one file that has all of it. Numbers are little-endian.
//
//   "rdxsave\n"
//   u32 length · u32 sum · bytes          a piece; its sum is the CRC-32C of its length and bytes behind those of all pieces before it
//   …
//
// The first piece is the head, in JSON: { "format": 1, …SavepointFacts }. Each step is a piece of JSON, as it was drained:
//
//   { "kind": "clear", "node": …, "table": … } · { "kind": "expire", …, "below": "123" }
//   { "kind": "upsert" | "delete", …, "rows": 10, "columns": [Column …] }        followed by a piece with an Arrow schema message and one with a record batch
//   { "kind": "upsert" | "delete", …, "rows": 10 }                               columns and schema are those of the last step of its kind and table
//
// The last piece is { "kind": "end", "steps": … }, and nothing is behind it.

export const SAVEPOINT_VERSION = 1;
const HEAD_BYTES = 8;

const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { fatal: true });
const MAGIC = encoder.encode("rdxsave\n");

type Bytes = Uint8Array<ArrayBuffer>;

/** Reads bytes [at, at + length), fewer where they end. */
export type ReadAt = (at: number, length: number) => Promise<Bytes>;

type Told =
  & { readonly node: string; readonly table: string }
  & (
    | { readonly kind: "clear" }
    | { readonly kind: "expire"; readonly below: string }
    | { readonly kind: "upsert" | "delete"; readonly rows: number; readonly columns?: readonly Column[] }
  );

type Document = Told | { readonly kind: "end"; readonly steps: number };

/** The bytes of a savepoint. Throws what `steps` throws, and RdxError("invalid") for a frame that is none of its columns. */
export async function* encodeSavepoint(
  facts: SavepointFacts,
  steps: AsyncIterable<SavedStep>,
  checksum: Checksum,
): AsyncGenerator<Bytes> {
  let sum = 0, count = 0;
  const piece = (bytes: Uint8Array): Bytes => {
    const whole = new Uint8Array(HEAD_BYTES + bytes.length), head = new DataView(whole.buffer);
    head.setUint32(0, bytes.length, true);
    whole.set(bytes, HEAD_BYTES);
    sum = checksum(bytes, checksum(whole.subarray(0, 4), sum));
    head.setUint32(4, sum, true);
    return whole;
  };
  const document = (value: unknown) => piece(encoder.encode(JSON.stringify(value)));
  yield MAGIC.slice();
  yield document({ format: SAVEPOINT_VERSION, ...facts });
  const known = new Set<string>();
  for await (const step of steps) {
    count++;
    if (step.kind === "clear") yield document(step);
    else if (step.kind === "expire") yield document({ ...step, below: String(step.below) });
    else {
      const { frame: _, columns, ...rest } = step, key = keyOf(step), isFirst = !known.has(key);
      known.add(key);
      const { message, rows } = encodeStep(step);
      yield document({ ...rest, rows, ...(isFirst ? { columns } : {}) });
      if (isFirst) yield piece(encodeRowSchema(columns));
      yield piece(message);
    }
  }
  yield document({ kind: "end", steps: count });
}

function keyOf({ kind, node, table }: Told | SavedStep): string {
  return JSON.stringify([kind, node, table]);
}

/** Reads a savepoint. All methods throw RdxError("invalid") that says where it is damaged. */
export class SavepointReader {
  readonly facts: SavepointFacts;
  readonly #pieces: Pieces;

  private constructor(facts: SavepointFacts, pieces: Pieces) {
    this.facts = facts;
    this.#pieces = pieces;
  }

  /** Reads the head of it. */
  static async open(what: string, read: ReadAt, checksum: Checksum): Promise<SavepointReader> {
    const pieces = new Pieces(what, read, checksum);
    await pieces.begin();
    const { format, ...facts } = await pieces.document<{ format: number } & SavepointFacts>();
    if (format === SAVEPOINT_VERSION) return new SavepointReader(facts, pieces);
    throw new RdxError(
      "invalid",
      `Cannot use ${what}: it has version ${format} of the format, and this rdx knows ${SAVEPOINT_VERSION}; use the rdx that wrote it`,
    );
  }

  /** All steps, once; the last has been given when all of it was found whole. */
  async *steps(): AsyncGenerator<SavedStep> {
    const pieces = this.#pieces, known = new Map<string, { columns: readonly Column[]; rows: RowReader }>();
    for (let count = 0;; count++) {
      const told = await pieces.document<Document>();
      if (told.kind === "end") return await pieces.end(told.steps === count);
      if (told.kind === "clear") yield told;
      else if (told.kind === "expire") yield { ...told, below: BigInt(told.below) };
      else {
        const { columns, ...step } = told, key = keyOf(told);
        if (columns) known.set(key, { columns, rows: new RowReader(await pieces.next()) });
        const of = known.get(key);
        if (!of) throw pieces.damaged("the columns of its rows are missing");
        for (const frame of pieces.decoded(of.rows, await pieces.next())) {
          yield { ...step, columns: of.columns, frame, rows: new FrameView(frame).rows };
        }
      }
    }
  }
}

/** The pieces of a savepoint, one after the other. */
class Pieces {
  readonly #what: string;
  readonly #read: ReadAt;
  readonly #checksum: Checksum;
  #at = 0;
  #sum = 0;

  constructor(what: string, read: ReadAt, checksum: Checksum) {
    this.#what = what;
    this.#read = read;
    this.#checksum = checksum;
  }

  damaged(why: string, at = this.#at): RdxError {
    return new RdxError("invalid", `Cannot use ${this.#what}: at byte ${at} ${why}; export it again`);
  }

  async begin(): Promise<void> {
    const magic = await this.#read(0, MAGIC.length);
    if (magic.length !== MAGIC.length || magic.some((byte, i) => byte !== MAGIC[i])) {
      throw new RdxError(
        "invalid",
        `Cannot use ${this.#what}: it is no savepoint; export one with rdx savepoint export`,
      );
    }
    this.#at = MAGIC.length;
  }

  async next(): Promise<Bytes> {
    const at = this.#at, head = await this.#read(at, HEAD_BYTES);
    if (head.length < HEAD_BYTES) throw this.damaged("it ends in the middle");
    const view = new DataView(head.buffer, head.byteOffset), length = view.getUint32(0, true);
    if (length > SAVEPOINT_PIECE_BYTES_MAX) throw this.damaged("a length cannot be right");
    const bytes = await this.#read(at + HEAD_BYTES, length);
    if (bytes.length < length) throw this.damaged("it ends in the middle");
    const sum = this.#checksum(bytes, this.#checksum(head.subarray(0, 4), this.#sum));
    if (sum !== view.getUint32(4, true)) throw this.damaged("its bytes are not those that were written");
    this.#at = at + HEAD_BYTES + length;
    this.#sum = sum;
    return bytes;
  }

  async document<Value>(): Promise<Value> {
    const at = this.#at, bytes = await this.next();
    try {
      return JSON.parse(decoder.decode(bytes));
    } catch (thrown) {
      throw this.damaged(`something else stands than is expected (${reasonOf(thrown)})`, at);
    }
  }

  decoded(rows: RowReader, message: Bytes): ArrayBuffer[] {
    try {
      return rows.read(message);
    } catch (thrown) {
      throw this.damaged(`rows cannot be read (${reasonOf(thrown)})`);
    }
  }

  async end(isWhole: boolean): Promise<void> {
    if (!isWhole) throw this.damaged("steps are missing");
    if ((await this.#read(this.#at, 1)).length > 0) throw this.damaged("something is behind its end");
  }
}
