import { decodeMessage } from "../core/arrow/decode/message.ts";
import { encodeFrameHead, encodeRecordBatch, encodeSchema } from "../core/arrow/writer.ts";
import { ArrowReader } from "../core/arrow/reader.ts";
import { RdxError } from "../core/errors.ts";
import { FrameView } from "../core/frame.ts";
import {
  CELL_DIGITS_MAX,
  type Column,
  type DataType,
  DECIMAL_DIGITS_MAX,
  formatType,
  isDecimal,
} from "../core/schema.ts";
import type { SavedStep } from "../store.ts";

/** The column that key groups are in (core/state.ts). */
export const GROUP_COLUMN = "$group";

/** Steps with rows. */
export type RowStep = Extract<SavedStep, { readonly frame: ArrayBuffer }>;

/** The schema of a table's file. Decimals have all the digits that their cells may have: state may hold more than what its column promises. */
export function encodeRowSchema(columns: readonly Column[]): Uint8Array<ArrayBuffer> {
  return encodeSchema(
    columns.map((column) => isDecimal(column.type) ? { ...column, type: widest(column.type) } : column),
  );
}

function widest(type: DataType): DataType {
  return { ...type, precision: type.kind === "decimal" ? CELL_DIGITS_MAX : DECIMAL_DIGITS_MAX };
}

/** The rows of a step, and its key groups. Throws RdxError("invalid") for a frame that is none of the step's columns. */
export function viewStep(
  step: RowStep,
): { readonly view: FrameView; readonly groups: readonly [number, number] | null } {
  const view = new FrameView(step.frame);
  check(step, view);
  return { view, groups: groupsOf(step.columns, view) };
}

/** The record batch of a step, and its key groups. Throws as `viewStep`. */
export function encodeStep(
  step: RowStep,
): {
  readonly message: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly groups: readonly [number, number] | null;
} {
  const { view, groups } = viewStep(step);
  return { message: encodeRecordBatch(view), rows: view.rows, groups };
}

/** Writes steps of one table as record batches, around their frames where that can be. */
export class StepEncoder {
  /** In front of the frame before; the next one often lies as it does. */
  #head:
    | { readonly layout: readonly number[]; readonly bytes: Uint8Array<ArrayBuffer>; readonly padding: number }
    | null = null;

  /** The record batch of a step in pieces, one behind the other, of which the frame may be one. Throws as `viewStep`. */
  encode(
    step: RowStep,
  ): {
    readonly pieces: readonly Uint8Array<ArrayBuffer>[];
    readonly rows: number;
    readonly groups: readonly [number, number] | null;
  } {
    const { view, groups } = viewStep(step), { rows } = view, layout = layoutOf(view);
    if (!this.#head || !same(this.#head.layout, layout)) {
      const made = encodeFrameHead(view);
      if (!made) return { pieces: [encodeRecordBatch(view)], rows, groups };
      this.#head = { layout, bytes: made.head, padding: made.padding };
    }
    const { bytes, padding } = this.#head, pieces = [bytes, view.whole];
    return { pieces: padding > 0 ? [...pieces, new Uint8Array(padding)] : pieces, rows, groups };
  }
}

/** All that the head of a frame's message tells. */
function layoutOf(view: FrameView): number[] {
  const layout = [view.rows, view.whole.length];
  for (let column = 0; column < view.columns; column++) {
    const { nulls, validity, data, chars } = view.buffers(column);
    layout.push(
      nulls,
      validity?.byteOffset ?? 0,
      data.byteOffset,
      data.byteLength,
      chars?.byteOffset ?? 0,
      chars?.length ?? 0,
    );
  }
  return layout;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function check({ node, table, columns }: RowStep, view: FrameView): void {
  const wrong = (reason: string) => new RdxError("invalid", `Cannot save rows of table ${table} of ${node}: ${reason}`);
  if (view.columns !== columns.length) throw wrong(`there are ${view.columns} columns, not ${columns.length}`);
  columns.forEach(({ name, type, nullable }, i) => {
    const own = view.types[i];
    if (own.kind !== type.kind || (own.scale ?? 0) !== (type.scale ?? 0)) {
      throw wrong(`column ${name} is of type ${formatType(type)}, not ${formatType(own)}`);
    }
    if (!nullable && view.buffers(i).nulls > 0) throw wrong(`column ${name} has NULL`);
  });
}

function groupsOf(columns: readonly Column[], view: FrameView): readonly [number, number] | null {
  const [first] = columns;
  if (first?.name !== GROUP_COLUMN || first.type.kind !== "int64" || view.rows === 0) return null;
  const groups = groupWords(view);
  let lowest = groups[0], highest = lowest;
  for (let row = 1; row < view.rows; row++) {
    const group = groups[row * 2];
    if (group < lowest) lowest = group;
    else if (group > highest) highest = group;
  }
  return [lowest, highest];
}

/** Key groups of rows whose first column has them, each in the lower of two words. */
export function groupWords(view: FrameView): Int32Array {
  const { data } = view.buffers(0);
  return new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4);
}

/** The body of a record batch message. */
export function bodyOf(message: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const body = decodeMessage(message)?.body ?? new Uint8Array();
  return new Uint8Array(body).buffer;
}

/** Turns the bytes of a table's file into frames again. */
export class RowReader {
  readonly #reader = new ArrowReader(Infinity);

  /** `head`: the schema message. */
  constructor(head: Uint8Array<ArrayBuffer>) {
    this.#reader.read(head);
  }

  /** The rows of a record batch, at most BATCH_ROWS_MAX in each frame. */
  read(message: Uint8Array<ArrayBuffer>): ArrayBuffer[] {
    return this.#reader.read(message);
  }
}
