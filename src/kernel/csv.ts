import type { Vector } from "../core/batch.ts";
import { BATCH_CELLS_MAX, BATCH_ROWS_MAX, COLUMNS_MAX, DECODE_ERRORS_MAX } from "../core/limits.ts";
import { type Column, columnIndex, formatType, STRING } from "../core/schema.ts";
import { RdxError } from "../core/errors.ts";
import * as L from "./csv_layout.ts";
import { headerError, type HeaderProblem, reasonText } from "./csv_reasons.ts";
import type { ParsedBatch, RowError } from "./json.ts";
import type { Kernel, KernelFunction } from "./module.ts";
import { parserType } from "./parser_type.ts";

/** How a CSV text is written. */
export interface CsvOptions {
  /** Between fields; a comma by default. */
  readonly delimiter?: "," | ";" | "\t";
  /** True (the default) when the first line names the fields. */
  readonly header?: boolean;
  /** Without a header line: the names of the fields in order. By default those of the columns. */
  readonly names?: readonly string[];
  /** The line that the input begins with, for messages; 1 by default. */
  readonly line?: number;
}

/** Which field of the text each column is read from. */
interface Mapping {
  readonly names: readonly string[];
  /** For each column the position of its field, or -1. */
  readonly fields: readonly number[];
  readonly unknownFields: boolean;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Parses CSV (RFC 4180) into columns: fields in quotes with doubled quotes and newlines, lines that end with CRLF or
 * LF, a byte order mark. Header names may come in any order; fields that no column takes are skipped, columns without
 * a field are NULL. Nothing between delimiters is NULL, `""` is an empty string (NULL for types other than string and
 * bytes). Blank lines are skipped, except where rows have one field: there they are NULL.
 *
 * `begin` once for each input, then `next` until it gives null; `close` frees the parser's memory.
 */
export class CsvParser {
  readonly #kernel: Kernel;
  readonly #columns: readonly Column[];
  readonly #next: KernelFunction;
  readonly #parser: number;
  readonly #rowsMax: number;
  #fieldsSize = 0;
  #mapping: Mapping | null = null;
  #problem: HeaderProblem | null = null;
  #input = 0;
  #end = 0;
  #rowsSeen = 0;

  constructor(kernel: Kernel, columns: readonly Column[]) {
    this.#kernel = kernel;
    this.#columns = columns;
    this.#rowsMax = Math.min(BATCH_ROWS_MAX, Math.max(64, Math.floor(BATCH_CELLS_MAX / Math.max(1, columns.length))));
    this.#next = kernel.fn("csv_next");
    this.#parser = kernel.alloc(PARSER_BLOCK_BYTES);
  }

  /** Rows that `next` has given since `begin`. */
  get rowsSeen(): number {
    return this.#rowsSeen;
  }

  /** Bytes of the input that are read. */
  get bytesConsumed(): number {
    return this.#mapping ? this.#kernel.data.getUint32(this.#parser + L.PARSER_AT, true) - this.#input : 0;
  }

  /** The names of the input's fields in order: of its header, or as the options say. Empty before `begin`. */
  get names(): readonly string[] {
    return this.#mapping?.names ?? [];
  }

  /**
   * Starts with the `length` bytes at `address`; 128 bytes behind them must be readable. They have to stay where they
   * are until the last batch is done with: strings point into them. Takes memory from the batch arena for the header.
   */
  begin(address: number, length: number, options: CsvOptions = {}): void {
    const { bytes, data } = this.#kernel, parser = this.#parser;
    const mark = length >= 3 && bytes[address] === 0xef && bytes[address + 1] === 0xbb && bytes[address + 2] === 0xbf;
    const withHeader = options.header ?? true;
    let start = mark ? address + 3 : address, line = options.line ?? 1;
    while (withHeader && start < address + length && (bytes[start] === 0x0a || bytes[start] === 0x0d)) {
      if (bytes[start++] === 0x0a) line++; // blank lines before the header
    }
    this.#input = address;
    this.#end = address + length;
    this.#problem = null;
    this.#rowsSeen = 0;
    data.setUint32(parser + L.PARSER_AT, start, true);
    data.setUint32(parser + L.PARSER_END, this.#end, true);
    data.setUint32(parser + L.PARSER_LINE, line, true);
    data.setUint32(parser + L.PARSER_LINE_START, start, true);
    data.setUint32(parser + L.PARSER_DELIMITER, (options.delimiter ?? ",").charCodeAt(0), true);
    data.setUint32(parser + L.PARSER_ERRORS, parser + L.PARSER_SIZE, true);
    data.setUint32(parser + L.PARSER_ERRORS_MAX, DECODE_ERRORS_MAX, true);
    const names = withHeader ? this.#readHeader() : options.names ?? this.#columns.map(({ name }) => name);
    this.#mapping = mapFields(this.#columns, names);
    this.#writeFields(names.length, (field) => this.#mapping!.fields.indexOf(field));
    const missing = this.#columns.findIndex((column, i) => !column.nullable && this.#mapping!.fields[i] < 0);
    this.#kernel.data.setInt32(parser + L.PARSER_MISSING, missing, true);
    this.#kernel.data.setUint32(parser + L.PARSER_ROWS_MAX, this.#rowsMax, true);
  }

  /**
   * The next rows, at most BATCH_ROWS_MAX and BATCH_CELLS_MAX cells, in the batch arena; null at the end of the input. A batch may have errors
   * alone. Throws RdxError("no_space") when the memory is full.
   */
  next(): ParsedBatch | null {
    const { data } = this.#kernel, parser = this.#parser, mapping = this.#mapping;
    if (this.#problem) {
      const error = headerError(this.#problem);
      this.#problem = null;
      data.setUint32(parser + L.PARSER_AT, this.#end, true);
      return { rows: 0, columns: this.#vectors(0), errors: [error], unknownFields: false, fatal: true };
    }
    if (!mapping || data.getUint32(parser + L.PARSER_AT, true) >= this.#end) return null;
    this.#run();
    const rows = this.#kernel.data.getUint32(parser + L.PARSER_ROWS, true);
    const errors = this.#errors();
    if (rows === 0 && errors.length === 0) return null; // only blank lines were left
    this.#rowsSeen += rows;
    return { rows, columns: this.#vectors(rows), errors, unknownFields: mapping.unknownFields, fatal: false };
  }

  /** Frees the parser's memory. */
  close(): void {
    this.#kernel.free(this.#parser, PARSER_BLOCK_BYTES);
    this.#freeFields();
    this.#mapping = null;
  }

  #run() {
    if (this.#next(this.#parser) !== 0) throw new RdxError("no_space", "Cannot parse CSV: the kernel's memory is full");
  }

  /** Reads the first row as names; a problem is kept for `next`. */
  #readHeader(): string[] {
    const kernel = this.#kernel, parser = this.#parser, start = kernel.data.getUint32(parser + L.PARSER_AT, true);
    if (start >= this.#end) return [];
    const count = kernel.fn("csv_count_fields")(parser);
    if (count < 0) throw new RdxError("no_space", "Cannot parse CSV: the kernel's memory is full");
    if (count > COLUMNS_MAX) return this.#fail({ reason: `The header has ${count} fields: at most ${COLUMNS_MAX}` });
    this.#writeFields(count, () => -1, true);
    kernel.data.setInt32(parser + L.PARSER_MISSING, -1, true);
    kernel.data.setUint32(parser + L.PARSER_ROWS_MAX, 1, true);
    kernel.data.setUint32(parser + L.PARSER_ERRORS_MAX, 1, true);
    this.#run();
    kernel.data.setUint32(parser + L.PARSER_ERRORS_MAX, DECODE_ERRORS_MAX, true);
    const [error] = this.#errors();
    if (error) return this.#fail(error);
    const names = Array.from({ length: count }, (_, field) => this.#headerName(field));
    const doubled = names.find((name, field) => name !== "" && names.indexOf(name) !== field);
    if (doubled !== undefined) return this.#fail({ reason: `The header names ${JSON.stringify(doubled)} twice` });
    return names;
  }

  #fail(problem: HeaderProblem): string[] {
    this.#problem = problem;
    return [];
  }

  #headerName(field: number): string {
    const { data, bytes } = this.#kernel, at = this.#fieldAt(field);
    if (data.getUint32(at + L.FIELD_NULLS, true) > 0) return "";
    const ref = data.getUint32(at + L.FIELD_DATA, true), from = data.getUint32(ref, true);
    return decoder.decode(bytes.subarray(from, from + data.getUint32(ref + 4, true)));
  }

  #fieldAt(field: number): number {
    return this.#kernel.data.getUint32(this.#parser + L.PARSER_FIELDS, true) + field * L.FIELD_SIZE;
  }

  /** Writes `count` FIELDs: each is read as the column that `columnOf` names, or as text if `asText`, or skipped. */
  #writeFields(count: number, columnOf: (field: number) => number, asText = false) {
    this.#freeFields();
    this.#fieldsSize = Math.max(1, count) * L.FIELD_SIZE;
    const fields = this.#kernel.alloc(this.#fieldsSize), data = this.#kernel.data;
    data.setUint32(this.#parser + L.PARSER_FIELDS, fields, true);
    data.setUint32(this.#parser + L.PARSER_FIELD_COUNT, count, true);
    for (let field = 0; field < count; field++) {
      const at = fields + field * L.FIELD_SIZE, column = columnOf(field);
      const type = asText ? STRING : this.#columns[column]?.type;
      data.setUint32(at + L.FIELD_TYPE, type ? parserType(type) : 0, true);
      data.setUint32(at + L.FIELD_SCALE, type?.scale ?? 0, true);
      data.setUint32(at + L.FIELD_PRECISION, type?.precision ?? 0, true);
      data.setUint32(at + L.FIELD_NULLABLE, asText || this.#columns[column]?.nullable ? 1 : 0, true);
      data.setInt32(at + L.FIELD_COLUMN, column, true);
    }
  }

  #freeFields() {
    if (this.#fieldsSize > 0) this.#kernel.free(this.#fieldAt(0), this.#fieldsSize);
    this.#fieldsSize = 0;
  }

  #vectors(rows: number): Vector[] {
    return this.#columns.map(({ type }, column) => {
      const field = this.#mapping?.fields[column] ?? -1;
      if (rows === 0 || field < 0) return this.#nulls(type, rows);
      const at = this.#fieldAt(field), data = this.#kernel.data;
      const validity = data.getUint32(at + L.FIELD_NULLS, true) > 0 ? data.getUint32(at + L.FIELD_VALIDITY, true) : 0;
      return { type, data: data.getUint32(at + L.FIELD_DATA, true), validity };
    });
  }

  /** A vector of NULLs alone. */
  #nulls(type: Column["type"], rows: number): Vector {
    const padded = Math.ceil(rows / 64) * 64;
    const data = this.#kernel.arena(padded * 8), validity = this.#kernel.arena(padded / 8);
    this.#kernel.bytes.fill(0, data, data + padded * 8);
    this.#kernel.bytes.fill(0, validity, validity + padded / 8);
    return { type, data, validity };
  }

  #errors(): RowError[] {
    const data = this.#kernel.data, count = data.getUint32(this.#parser + L.PARSER_ERROR_COUNT, true);
    return Array.from({ length: count }, (_, i) => {
      const at = this.#parser + L.PARSER_SIZE + i * L.ERROR_SIZE;
      const code = data.getUint32(at + L.ERROR_REASON, true);
      const column = this.#columns[data.getInt32(at + L.ERROR_FIELD, true)];
      return {
        line: data.getUint32(at + L.ERROR_LINE, true),
        column: data.getUint32(at + L.ERROR_COLUMN, true),
        field: column?.name ?? null,
        reason: reasonText(code, column ? formatType(column.type) : "text"),
        start: data.getUint32(at + L.ERROR_START, true) - this.#input,
        end: data.getUint32(at + L.ERROR_END, true) - this.#input,
        mismatch: code >= L.REASON_MISMATCH,
      };
    });
  }
}

/** The parser with its errors behind it. */
const PARSER_BLOCK_BYTES = L.PARSER_SIZE + DECODE_ERRORS_MAX * L.ERROR_SIZE;

function mapFields(columns: readonly Column[], names: readonly string[]): Mapping {
  const fields = columns.map((column) => names.indexOf(column.name));
  return { names, fields, unknownFields: names.some((name) => name !== "" && columnIndex(columns, name) < 0) };
}
