import type { SchemaInference } from "../../codec.ts";
import { RdxError } from "../../core/errors.ts";
import { BODY_INFLATED_BYTES_MAX, INFER_ROWS, PIECE_BYTES } from "../../core/limits.ts";
import { type Column, columnIndex, formatType, INT64, TIMESTAMP } from "../../core/schema.ts";
import type { EngineService } from "../../runtime/service.ts";
import { CommandError, EXIT, usage } from "../exit.ts";
import { type PipedInput, wholeOf } from "./source.ts";
import { RowSplitter } from "./split.ts";

/** The table that pipe mode reads. */
export const INPUT = "input";

/** Rows that could not be used, and the first of them. */
export interface Rejected {
  rows: number;
  readonly reasons: string[];
}

/** A piece of the input that ends where a row does. */
interface Piece {
  readonly body: Uint8Array<ArrayBuffer>;
  /** What its line numbers lack to be those of the input. */
  readonly lines: number;
}

async function* piecesOf(input: PipedInput): AsyncIterable<Piece> {
  if (input.format === "json") {
    yield { body: await wholeOf(input.bytes()), lines: 0 };
    return;
  }
  const splitter = new RowSplitter(input.format, PIECE_BYTES);
  let lines = 0, isFirst = true;
  const placed = (body: Uint8Array<ArrayBuffer>): Piece => {
    const repeated = isFirst || splitter.head === null ? 0 : linesOf(splitter.head),
      piece = { body, lines: lines - repeated };
    isFirst = false;
    lines += linesOf(body) - repeated;
    return piece;
  };
  for await (const bytes of input.bytes()) for (const body of splitter.push(bytes)) yield placed(body);
  const rest = splitter.end();
  if (rest) yield placed(rest);
}

/** Line ends in a text. */
function linesOf(text: Uint8Array): number {
  let lines = 0;
  for (let at = text.indexOf(LINE_END); at >= 0; at = text.indexOf(LINE_END, at + 1)) lines++;
  return lines;
}

const LINE_END = 10;

/** An input whose first piece has been looked at. */
export class InputFeed {
  readonly #input: PipedInput;
  readonly #pieces: AsyncIterator<Piece>;
  #first: Piece | null = null;
  /** Nobody declared the columns: texts take whatever comes. */
  #inferred = false;
  readonly rejected: Rejected = { rows: 0, reasons: [] };
  /** Bytes that have been sent. */
  sent = 0;

  constructor(input: PipedInput) {
    this.#input = input;
    this.#pieces = piecesOf(input)[Symbol.asyncIterator]();
  }

  get size(): number | null {
    return this.#input.size;
  }

  /** The columns that the first INFER_ROWS rows have. Throws CommandError (bad input): there are none. */
  async columns(inference: SchemaInference): Promise<Column[]> {
    const { value } = await this.#pieces.next(), { format, name } = this.#input;
    this.#first = value ?? null;
    this.#inferred = true;
    if (this.#first === null) {
      throw new CommandError(EXIT.badInput, `There are no rows in ${name} to tell columns from`);
    }
    const { body } = this.#first, head = format === "json" ? body : headOf(body, INFER_ROWS);
    const columns = inference.infer(head, format, [], {});
    if (columns.length > 0) return columns;
    throw new CommandError(
      EXIT.badInput,
      `Cannot tell columns from ${name}: is it ${format}? --format says what it is`,
    );
  }

  /** Lets the input go, of which no more is wanted. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  /** Sends everything to the stream `input` and ends it; resolves early once `stopped` says so. */
  async run(engine: EngineService, stopped: () => boolean): Promise<void> {
    if (this.#first) await this.#send(engine, this.#first);
    while (!stopped()) {
      const { value, done } = await this.#pieces.next();
      if (done) break;
      await this.#send(engine, value);
    }
    await engine.streams.end(INPUT);
  }

  async #send(engine: EngineService, { body, lines }: Piece): Promise<void> {
    this.sent += body.length;
    if (body.length > BODY_INFLATED_BYTES_MAX) {
      throw new CommandError(
        EXIT.badInput,
        `A row of ${this.#input.name} is longer than ${BODY_INFLATED_BYTES_MAX} bytes`,
      );
    }
    while (engine.streams.credit(INPUT) <= 0) await untilCredit(engine);
    try {
      const answer = await engine.streams.ingest(INPUT, {
        body,
        format: this.#input.format,
        autoCreate: false,
        coerce: this.#inferred,
      });
      this.#note(answer.rejected, answer.errors, lines);
    } catch (thrown) {
      // All rows of a piece were bad: the others are read all the same
      if (!(thrown instanceof RdxError) || thrown.code !== "invalid") throw thrown;
      this.#note(Math.max(1, thrown.details.length), thrown.details, lines);
    }
  }

  #note(
    rows: number,
    errors: readonly { line?: number; field?: string | null; reason: string }[],
    lines: number,
  ): void {
    this.rejected.rows += rows;
    for (const { line, field, reason } of errors) {
      if (this.rejected.reasons.length === REASONS) return;
      const place = line === undefined ? "" : `line ${line + lines}: `;
      this.rejected.reasons.push(`${place}${field ? `${field}: ` : ""}${reason}`);
    }
  }
}

/** Reasons that are told. */
const REASONS = 5;
const CREDIT_POLL_MS = 20;

function untilCredit(engine: EngineService): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      silence();
      clearTimeout(timer);
      resolve();
    };
    const silence = engine.streams.onCredit(INPUT, done), timer = setTimeout(done, CREDIT_POLL_MS);
  });
}

/** The first rows of a text, without the one that may be cut. */
function headOf(text: Uint8Array<ArrayBuffer>, rows: number): Uint8Array<ArrayBuffer> {
  let at = -1;
  for (let row = 0; row < rows; row++) {
    const next = text.indexOf(10, at + 1);
    if (next < 0) return text;
    at = next;
  }
  return text.subarray(0, at + 1);
}

/** Checks that a column can be the event time. Throws CommandError (usage). */
export function timeColumn(columns: readonly Column[], name: string): string {
  const at = columnIndex(columns, name);
  if (at < 0) {
    throw usage(`--time is ${name}, and the input has no such column: it has ${columns.map((c) => c.name).join(", ")}`);
  }
  const { type } = columns[at];
  if (type.kind === TIMESTAMP.kind || type.kind === INT64.kind) return name;
  throw usage(
    `--time is ${name}, which is ${formatType(type)}: event time is a timestamp, or a whole number of milliseconds`,
  );
}
