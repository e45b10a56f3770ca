import type { Batch, Vector } from "../../core/batch.ts";
import { type Column, type DataType, formatType, isDecimal, sameType, TIMESTAMP } from "../../core/schema.ts";
import { compileExpression } from "../../expr/mod.ts";
import { FrameReader } from "../../kernel/frame.ts";
import { FRAME_COLUMNS, FRAME_HEADER_SIZE } from "../../kernel/layout.ts";
import type { Kernel } from "../../kernel/module.ts";
import { ProgramRunner } from "../../kernel/program.ts";

/** A column that holds one time in every row, in the batch arena. */
export function constantTime(kernel: Kernel, rows: number, timeMs: number): Vector {
  const address = kernel.arena(Math.max(rows, 1) * 8);
  new BigInt64Array(kernel.bytes.buffer, address, rows).fill(BigInt(Math.trunc(timeMs)));
  return { type: TIMESTAMP, data: address, validity: 0 };
}

/** A column in which every row is NULL, in the batch arena. */
function nullVector(kernel: Kernel, type: DataType, rows: number): Vector {
  const words = Math.ceil(Math.max(rows, 1) / 64) * 8;
  const validity = kernel.arena(words), data = kernel.arena(words * 64);
  kernel.bytes.fill(0, validity, validity + words);
  kernel.bytes.fill(0, data, data + words * 64);
  return { type, data, validity };
}

/**
 * Turns frames of a log into batches of the columns that a plan reads. A frame carries its own types: one that was
 * written under an older or newer version of the schema lacks columns (NULL) or has them under another type (cast).
 */
export class SourceReader {
  readonly #kernel: Kernel;
  readonly #frames: FrameReader;
  readonly #columns: readonly Column[];
  /** Positions of the columns in the stream's schema. */
  readonly #positions: readonly number[];
  readonly #casts = new Map<string, ProgramRunner>();

  constructor(kernel: Kernel, columns: readonly Column[], positions: readonly number[]) {
    this.#kernel = kernel;
    this.#frames = new FrameReader(kernel);
    this.#columns = columns;
    this.#positions = positions;
  }

  /** The batch lives in the arena. Throws RdxError("invalid") for a frame that cannot be right. */
  read(frame: ArrayBuffer): Batch {
    const has = frame.byteLength < FRAME_HEADER_SIZE ? 0 : new DataView(frame).getUint32(FRAME_COLUMNS, true);
    const present = this.#positions.filter((position) => position < has);
    const batch = this.#frames.read(frame, present);
    let next = 0;
    const columns = this.#columns.map((column, i) =>
      this.#positions[i] < has
        ? this.#conform(batch.columns[next++], column.type, batch.rows)
        : nullVector(this.#kernel, column.type, batch.rows)
    );
    return { ...batch, columns };
  }

  #conform(vector: Vector, type: DataType, rows: number): Vector {
    const scaleOnly = isDecimal(type) && vector.type.kind === type.kind && vector.type.scale === type.scale;
    if (scaleOnly || sameType(vector.type, type)) return vector;
    // Frames do not tell texts of nested values from others: a column that has them never had others.
    if (type.nested && vector.type.kind === "string") return { ...vector, type };
    const batch: Batch = { rows, columns: [vector], selection: 0, selected: rows, kinds: 0 };
    return this.#cast(vector.type, type).run(batch);
  }

  #cast(from: DataType, to: DataType): ProgramRunner {
    const key = JSON.stringify([from, to]);
    let runner = this.#casts.get(key);
    if (!runner) {
      const expression = { call: "cast", args: [{ column: "value" }], type: formatType(to) };
      const { program } = compileExpression(expression, [{ name: "value", type: from, nullable: true }], "source");
      runner = new ProgramRunner(this.#kernel, program);
      this.#casts.set(key, runner);
    }
    return runner;
  }

  close(): void {
    for (const cast of this.#casts.values()) cast.dispose();
    this.#casts.clear();
  }
}
