import type { Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { BATCH_CELLS_MAX, BATCH_ROWS_MAX, DECODE_ERRORS_MAX, JSON_CODE_ROWS, JSON_DEPTH_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import { readError, type RowError } from "./json_errors.ts";
import { type Edge, wantedKeys } from "./json_keys.ts";
import * as layout from "./json_layout.ts";
import { ShapeCode } from "./json_shapes.ts";
import type { Kernel, KernelFunction } from "./module.ts";
import { parserType } from "./parser_type.ts";

export type { RowError } from "./json_errors.ts";

/** `ndjson`: one object a line. `json`: one object, or an array of objects. */
export type JsonFormat = "ndjson" | "json";

/** What one call of `next` read. */
export interface ParsedBatch {
  rows: number;
  /** As the parser's columns; in the batch arena, valid until `kernel.reset()`. Strings also end with the next `begin`. */
  columns: Vector[];
  /** The rows that were left out, at most DECODE_ERRORS_MAX and one. */
  errors: RowError[];
  /** A key that no column takes was seen, at the top or in an object that columns are taken from. */
  unknownFields: boolean;
  /** `json` only: the text is no JSON from the last error on; nothing after it can be read. */
  fatal: boolean;
}

const INPUT_ALIGN_BYTES = 64;
const INPUT_BEFORE_BYTES = 64;
const INPUT_BEHIND_BYTES = 192;
/** Rows are counted in steps in which bitmaps and cells are readable. */
const ROWS_STEP = 64;
/** Bytes that a row and what parts it from the next take at least: `{}` and a comma or newline. */
const ROW_BYTES_MIN = 3;

/** Bytes to allocate for an input of `length` bytes: `inputAddress` of the block is then where it may lie. */
export function inputBytes(length: number): number {
  return INPUT_ALIGN_BYTES + INPUT_BEFORE_BYTES + length + INPUT_BEHIND_BYTES;
}

/** Where in a block of `inputBytes(length)` bytes the input goes: aligned, with readable bytes before and writable ones behind. */
export function inputAddress(block: number): number {
  return Math.ceil((block + INPUT_BEFORE_BYTES) / INPUT_ALIGN_BYTES) * INPUT_ALIGN_BYTES;
}

/** How often a byte may be copied: nested columns may have columns of their own members inside. */
function copiesOf(edges: readonly Edge[], columns: readonly Column[]): number {
  const depths = new Map<number, number>([[0, 1]]);
  let most = 1;
  for (const { node, column, child } of edges) {
    const isCopied = column >= 0 && columns[column].type.nested !== undefined, depth = depths.get(node)!;
    most = Math.max(most, isCopied && child < 0 ? depth : depth + Number(isCopied));
    if (child >= 0) depths.set(child, depth + Number(isCopied));
  }
  return most;
}

/** More rows than any template counts. */
const NEVER_ROWS = 2 ** 32 - 1;

const encoder = new TextEncoder();

/**
 * Reads NDJSON or JSON into columns: strict RFC 8259 with UTF-8 checked, also where values are skipped. It learns the
 * shapes of rows, and reads rows of known shapes several times faster than others. A parser belongs to one kernel; a
 * kernel may have several.
 */
export class JsonParser {
  readonly #kernel: Kernel;
  readonly #columns: readonly Column[];
  readonly #rowsMax: number;
  readonly #next: KernelFunction;
  readonly #keys: number;
  readonly #keyBytes: number;
  readonly #code: ShapeCode;
  #handle: number;
  #address = 0;
  #length = 0;
  #lines = true;
  #ended = true;
  #rowsSeen = 0;

  /**
   * @param columns What to take from each row, by name; a name `a.b` also means the key "b" of the object under "a".
   * @param options `coerce`: string columns take numbers, booleans, objects and arrays as their JSON text. `codeRows`: rows that a shape
   * has had when code is made for it (default JSON_CODE_ROWS).
   */
  constructor(kernel: Kernel, columns: readonly Column[], options: { coerce?: boolean; codeRows?: number } = {}) {
    this.#kernel = kernel;
    this.#columns = columns;
    const cells = Math.floor(BATCH_CELLS_MAX / Math.max(1, columns.length) / ROWS_STEP) * ROWS_STEP;
    this.#rowsMax = Math.max(ROWS_STEP, Math.min(BATCH_ROWS_MAX, cells));
    this.#next = kernel.fn("json_next");
    const edges = wantedKeys(columns), keys = edges.map((edge) => encoder.encode(edge.key));
    const create = kernel.fn("json_create"), coerce = options.coerce ? 1 : 0;
    // Keys are compared eight bytes at a time, beyond their end
    this.#keyBytes = keys.reduce((sum, key) => sum + key.length, 8);
    this.#keys = kernel.alloc(this.#keyBytes);
    this.#handle = create(columns.length, edges.length, DECODE_ERRORS_MAX, JSON_DEPTH_MAX, coerce) >>> 0;
    if (this.#handle === 0) {
      kernel.free(this.#keys, this.#keyBytes);
      throw new RdxError("no_space", "Cannot get kernel memory for a JSON parser");
    }
    this.#writeColumns();
    this.#writeEdges(edges, keys);
    kernel.data.setUint32(this.#handle + layout.PARSER_COPIES, copiesOf(edges, columns), true);
    kernel.fn("json_ready")(this.#handle);
    const rows = kernel.fn("json_compiles")() ? Math.min(options.codeRows ?? JSON_CODE_ROWS, NEVER_ROWS) : NEVER_ROWS;
    kernel.data.setUint32(this.#handle + layout.PARSER_HOT_ROWS, rows, true);
    this.#code = new ShapeCode(kernel);
  }

  #writeColumns() {
    const data = this.#kernel.data;
    let at = data.getUint32(this.#handle + layout.PARSER_COLUMNS, true);
    this.#columns.forEach(({ type, nullable }, index) => {
      data.setUint32(at + layout.COLUMN_STATE_TYPE, parserType(type), true);
      data.setUint32(at + layout.COLUMN_STATE_NULLABLE, nullable ? 1 : 0, true);
      data.setUint32(at + layout.COLUMN_STATE_SCALE, type.scale ?? 0, true);
      data.setUint32(at + layout.COLUMN_STATE_PRECISION, type.precision ?? 18, true);
      data.setUint32(at + layout.COLUMN_STATE_INDEX, index, true);
      at += layout.COLUMN_STATE_SIZE;
    });
  }

  #writeEdges(edges: readonly Edge[], keys: readonly Uint8Array[]) {
    const { data, bytes } = this.#kernel;
    let at = data.getUint32(this.#handle + layout.PARSER_EDGES, true), key = this.#keys;
    edges.forEach((edge, i) => {
      bytes.set(keys[i], key);
      data.setInt32(at + layout.EDGE_NODE, edge.node, true);
      data.setUint32(at + layout.EDGE_KEY, key, true);
      data.setUint32(at + layout.EDGE_KEY_LENGTH, keys[i].length, true);
      data.setInt32(at + layout.EDGE_COLUMN, edge.column, true);
      data.setInt32(at + layout.EDGE_CHILD, edge.child, true);
      data.setUint32(at + layout.EDGE_LAST, edge.last, true);
      key += keys[i].length;
      at += layout.EDGE_SIZE;
    });
  }

  /** Rows that `next` has given since `begin`. */
  get rowsSeen(): number {
    return this.#rowsSeen;
  }

  /** Of `rowsSeen`, the rows that were read by a learned shape: the fast way. */
  get rowsMatched(): number {
    if (this.#address === 0) return 0;
    return this.#rowsSeen - this.#kernel.data.getUint32(this.#handle + layout.PARSER_STRICT_ROWS, true);
  }

  /** Shapes that code was made for. */
  get shapesCompiled(): number {
    return this.#code.count;
  }

  /** Bytes of the input that are read. */
  get bytesConsumed(): number {
    if (this.#address === 0) return 0;
    const at = this.#kernel.data.getUint32(this.#handle + layout.PARSER_AT, true);
    return Math.min(this.#length, at - this.#address);
  }

  /**
   * Begins a new input: `length` bytes at `address`, which `inputAddress` of a block of `inputBytes(length)` bytes gives.
   * They must stay until the last batch is used; what lies behind them in the block is overwritten. Throws
   * RdxError("no_space") if the kernel's memory is full.
   */
  begin(address: number, length: number, format: JsonFormat): void {
    this.#lines = format === "ndjson";
    const code = this.#lines ? layout.FORMAT_NDJSON : layout.FORMAT_JSON;
    const status = this.#kernel.fn("json_begin")(this.#handle, address, length, code);
    if (status < 0) throw new RdxError("no_space", `Cannot get kernel memory to parse ${length} bytes of JSON`);
    this.#address = address;
    this.#length = length;
    this.#ended = false;
    this.#rowsSeen = 0;
  }

  /**
   * The next rows and errors, or null when the input is finished. Throws RdxError("no_space") if the kernel's memory is
   * full; the input is then given up.
   */
  next(): ParsedBatch | null {
    if (this.#ended) return null;
    const left = Math.ceil((this.#length - this.bytesConsumed) / ROW_BYTES_MIN) + 1;
    const rowsMax = Math.min(this.#rowsMax, Math.ceil(left / ROWS_STEP) * ROWS_STEP);
    if (this.#next(this.#handle, rowsMax) < 0) {
      this.#ended = true;
      throw new RdxError("no_space", "Cannot get kernel memory for a batch of JSON rows");
    }
    const data = this.#kernel.data, hot = data.getUint32(this.#handle + layout.PARSER_HOT, true);
    if (hot !== 0) this.#code.compile(hot);
    const flags = data.getUint32(this.#handle + layout.PARSER_FLAGS, true);
    const rows = data.getUint32(this.#handle + layout.PARSER_ROWS, true);
    const errors = this.#errors(data);
    this.#ended = (flags & layout.FLAG_END) !== 0;
    if (this.#ended && rows === 0 && errors.length === 0) return null;
    this.#rowsSeen += rows;
    const unknownFields = (flags & layout.FLAG_UNKNOWN) !== 0, fatal = (flags & layout.FLAG_FATAL) !== 0;
    return { rows, columns: this.#vectors(data), errors, unknownFields, fatal };
  }

  #vectors(data: DataView): Vector[] {
    const columns = data.getUint32(this.#handle + layout.PARSER_COLUMNS, true);
    return this.#columns.map(({ type }, i) => {
      const at = columns + i * layout.COLUMN_STATE_SIZE;
      const validity = data.getUint32(at + layout.COLUMN_STATE_VALIDITY, true);
      return { type, data: data.getUint32(at + layout.COLUMN_STATE_DATA, true), validity };
    });
  }

  #errors(data: DataView): RowError[] {
    const count = data.getUint32(this.#handle + layout.PARSER_ERROR_COUNT, true);
    if (count === 0) return [];
    const first = data.getUint32(this.#handle + layout.PARSER_ERRORS, true);
    const text = this.#kernel.bytes.subarray(this.#address, this.#address + this.#length);
    const context = { columns: this.#columns, text, lines: this.#lines, depthMax: JSON_DEPTH_MAX };
    return Array.from({ length: count }, (_, i) => readError(data, first + i * layout.ERROR_SIZE, context));
  }

  /** Frees the parser; it cannot be used any more. */
  close(): void {
    if (this.#handle === 0) return;
    this.#code.close();
    this.#kernel.fn("json_close")(this.#handle);
    this.#kernel.free(this.#keys, this.#keyBytes);
    this.#handle = 0;
    this.#address = 0;
    this.#ended = true;
  }
}
