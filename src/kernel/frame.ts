import type { Batch, Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { frameType } from "../core/frame.ts";
import { alignFrame, FRAME_ALIGNMENT, type FrameInfo, writeFrameInfo } from "../core/frame_info.ts";
import { BATCH_ROWS_MAX, FRAMES_RECYCLED_MAX } from "../core/limits.ts";
import { writeColumns } from "./column.ts";
import {
  COLUMN_DATA,
  COLUMN_SCALE,
  COLUMN_SIZE,
  COLUMN_TYPE,
  COLUMN_VALIDITY,
  FRAME_BYTES,
  FRAME_COLUMN_CHARS,
  FRAME_COLUMN_CHARS_BYTES,
  FRAME_COLUMN_DATA,
  FRAME_COLUMN_DATA_BYTES,
  FRAME_COLUMN_SIZE,
  FRAME_COLUMN_VALIDITY,
  FRAME_COLUMNS,
  FRAME_HEADER_SIZE,
  FRAME_KINDS,
  FRAME_ROWS,
} from "./layout.ts";
import type { Kernel, KernelFunction } from "./module.ts";

export { type FrameInfo, NO_INFO } from "../core/frame_info.ts";

/** What kernels may write behind the end of a frame. */
const WRITE_SLACK_BYTES = 16;
/** Columns are readable to the next multiple of 64 rows: at most 63 cells of 8 bytes behind the last one. */
const READ_SLACK_BYTES = 512;
const NO_MEMORY = -1;
/** What a frame is told by in pieces (asm/frame/pieces.ts). */
const PIECE_BYTES = 12, PIECES_A_COLUMN_MAX = 3;

/** Copies the selected rows of batches out of a kernel's memory, each into one frame. */
export class FrameWriter {
  readonly #kernel: Kernel;
  readonly #headSize: KernelFunction;
  readonly #size: KernelFunction;
  readonly #write: KernelFunction;
  readonly #pieces: KernelFunction;
  readonly #crc32c: KernelFunction;
  readonly #free: ArrayBuffer[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#headSize = kernel.fn("frame_head_size");
    this.#size = kernel.fn("frame_size");
    this.#write = kernel.fn("frame_write");
    this.#pieces = kernel.fn("frame_pieces");
    this.#crc32c = kernel.fn("hash_crc32c");
  }

  /**
   * The frame of the batch's selected rows. The buffer is as long as the frame, or longer if it was recycled. Takes
   * scratch memory from the batch arena. Throws RdxError("too_large") when the rows do not fit into one frame.
   */
  write(batch: Batch, info: FrameInfo): ArrayBuffer {
    const { address, bytes } = this.#place(batch, info);
    return this.#copyOut(address, bytes);
  }

  /** The same in a buffer of its own, or null where the frame would have more than `bytesMax`. */
  writeWithin(batch: Batch, info: FrameInfo, bytesMax: number): ArrayBuffer | null {
    const { columns, selection, selected, kinds } = batch, kernel = this.#kernel;
    const descriptors = writeColumns(kernel, columns), head = kernel.arena(this.#headSize(columns.length));
    const bytes = this.#size(head, descriptors, columns.length, selection, selected, kinds);
    if (bytes < 0 || bytes > bytesMax) return null;
    const { address } = this.#place(batch, info);
    return kernel.copyOut(address, bytes);
  }

  /** The same, in a buffer of its own, with the CRC-32C of all of it. */
  writeSummed(batch: Batch, info: FrameInfo): { readonly frame: ArrayBuffer; readonly sum: number } {
    const { address, bytes } = this.#place(batch, info), sum = this.#crc32c(address, bytes, 0) >>> 0;
    return { frame: this.#kernel.copyOut(address, bytes), sum };
  }

  /**
   * The same in a buffer that `room` gives for so many bytes, or more: what it has behind the frame stays as it is. Columns of cells go there in one copy from
   * where they lie, without a frame in kernel memory.
   */
  writeInto(batch: Batch, info: FrameInfo, room: (bytes: number) => ArrayBuffer): ArrayBuffer {
    const kernel = this.#kernel,
      { columns, selection, kinds } = batch,
      { head, headBytes, descriptors, bytes } = this.#lay(batch);
    const pieces = kernel.arena((1 + columns.length * PIECES_A_COLUMN_MAX) * PIECE_BYTES);
    const count = this.#pieces(head, descriptors, selection, kinds, pieces);
    if (count < 0) throw new RdxError("no_space", `Cannot write a frame of ${batch.selected} rows: memory is full`);
    const frame = room(bytes), to = new Uint8Array(frame), from = kernel.bytes;
    const list = new Uint32Array(from.buffer, pieces, count * PIECE_BYTES / 4);
    to.set(from.subarray(head, head + headBytes));
    for (let i = 0; i < list.length; i += PIECE_BYTES / 4) {
      const address = list[i], length = list[i + 1], place = list[i + 2], end = place + length;
      to.set(from.subarray(address, address + length), place);
      if (end % FRAME_ALIGNMENT !== 0) to.fill(0, end, alignFrame(end));
    }
    writeFrameInfo(new DataView(frame), info);
    return frame;
  }

  /** Lays the frame out and makes its head, in the batch arena. */
  #lay({ columns, selection, selected, kinds }: Batch) {
    const kernel = this.#kernel,
      descriptors = writeColumns(kernel, columns),
      headBytes = this.#headSize(columns.length);
    const head = kernel.arena(headBytes);
    const bytes = this.#size(head, descriptors, columns.length, selection, selected, kinds);
    if (bytes < 0) throw new RdxError("too_large", `Cannot put ${selected} rows into one frame: it takes over 2 GiB`);
    return { descriptors, head, headBytes, bytes };
  }

  #place(batch: Batch, info: FrameInfo): { readonly address: number; readonly bytes: number } {
    const kernel = this.#kernel, { selection, kinds } = batch, { head, descriptors, bytes } = this.#lay(batch);
    const address = kernel.arena(bytes + WRITE_SLACK_BYTES);
    this.#write(address, head, descriptors, selection, kinds);
    writeFrameInfo(new DataView(kernel.bytes.buffer, address), info);
    return { address, bytes };
  }

  /**
   * Takes back the buffer of a frame that nobody reads any more, to write a later frame into it. What lies behind the
   * later frame's end is then left over from the earlier one.
   */
  recycle(frame: ArrayBuffer): void {
    if (this.#free.length < FRAMES_RECYCLED_MAX && frame.byteLength > 0) this.#free.push(frame);
  }

  #copyOut(address: number, bytes: number): ArrayBuffer {
    const found = this.#free.findIndex((frame) => frame.byteLength >= bytes && frame.byteLength <= bytes * 2);
    if (found < 0) return this.#kernel.copyOut(address, bytes);
    const [frame] = this.#free.splice(found, 1);
    new Uint8Array(frame).set(this.#kernel.bytes.subarray(address, address + bytes));
    return frame;
  }
}

/** Makes batches of frames. A frame may come from anywhere: what cannot be right is refused, never followed. */
export class FrameReader {
  readonly #kernel: Kernel;
  readonly #read: KernelFunction;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#read = kernel.fn("frame_read");
  }

  /**
   * The frame's rows, all selected, with the `columns` at these positions (default: all); the others are not copied.
   * The batch lives in the batch arena. Throws RdxError("invalid") for a damaged frame or a column that is not there.
   */
  read(frame: ArrayBuffer, columns?: readonly number[]): Batch {
    const kernel = this.#kernel, head = openHead(frame);
    const wanted = columns ?? Array.from({ length: head.columns }, (_, column) => column);
    const positions = kernel.arena(wanted.length * 4), out = kernel.arena(wanted.length * COLUMN_SIZE);
    const address = kernel.arena(head.bytes + READ_SLACK_BYTES);
    if (columns) copyColumns(kernel, frame, head, wanted, address);
    else kernel.copyIn(new Uint8Array(frame, 0, head.bytes), address);
    wanted.forEach((column, i) => kernel.data.setUint32(positions + i * 4, column, true));
    const rows = this.#read(address, head.bytes, positions, wanted.length, out);
    if (rows === NO_MEMORY) throw new RdxError("no_space", `Cannot read a frame of ${head.rows} rows: memory is full`);
    if (rows < 0) throw new RdxError("invalid", "Cannot read a frame: its bytes are damaged");
    return {
      rows,
      columns: wanted.map((_, i) => readVector(kernel.data, out + i * COLUMN_SIZE)),
      selection: 0,
      selected: rows,
      kinds: head.kinds === 0 ? 0 : address + head.kinds,
    };
  }
}

interface Head {
  readonly data: DataView;
  readonly bytes: number;
  readonly rows: number;
  readonly columns: number;
  readonly kinds: number;
}

/** The sizes that the header tells, checked as far as copying needs it. */
function openHead(frame: ArrayBuffer): Head {
  const data = new DataView(frame);
  const size = (at: number) => frame.byteLength < FRAME_HEADER_SIZE ? 0 : data.getUint32(at, true);
  const bytes = size(FRAME_BYTES), rows = size(FRAME_ROWS), columns = size(FRAME_COLUMNS);
  if (bytes > frame.byteLength || FRAME_HEADER_SIZE + columns * FRAME_COLUMN_SIZE > bytes) {
    throw new RdxError("invalid", `Cannot read a frame: ${frame.byteLength} bytes do not hold what its header says`);
  }
  if (rows > BATCH_ROWS_MAX) {
    throw new RdxError("invalid", `Cannot read a frame of ${rows} rows: a batch has at most ${BATCH_ROWS_MAX}`);
  }
  return { data, bytes, rows, columns, kinds: size(FRAME_KINDS) };
}

/** Copies the head, the row kinds and the buffers of the wanted columns to the places they have in the frame. */
function copyColumns(kernel: Kernel, frame: ArrayBuffer, head: Head, wanted: readonly number[], address: number): void {
  const copy = (start: number, end: number) => {
    if (start > end || end > head.bytes) throw new RdxError("invalid", "Cannot read a frame: a buffer lies outside");
    kernel.copyIn(new Uint8Array(frame, start, end - start), address + start);
  };
  copy(0, FRAME_HEADER_SIZE + head.columns * FRAME_COLUMN_SIZE);
  if (head.kinds) copy(head.kinds, head.kinds + head.rows);
  for (const column of wanted) {
    if (!(column >= 0 && column < head.columns)) {
      throw new RdxError("invalid", `Cannot read column ${column} of a frame with ${head.columns} columns`);
    }
    const field = (at: number) => head.data.getUint32(FRAME_HEADER_SIZE + column * FRAME_COLUMN_SIZE + at, true);
    const data = field(FRAME_COLUMN_DATA), chars = field(FRAME_COLUMN_CHARS), validity = field(FRAME_COLUMN_VALIDITY);
    if (validity) copy(validity, validity + Math.ceil(head.rows / 8));
    copy(data, data + field(FRAME_COLUMN_DATA_BYTES));
    if (chars) copy(chars, chars + field(FRAME_COLUMN_CHARS_BYTES));
  }
}

function readVector(data: DataView, at: number): Vector {
  const type = frameType(data.getUint32(at + COLUMN_TYPE, true), data.getUint32(at + COLUMN_SCALE, true));
  if (type === null) throw new RdxError("invalid", "Cannot read a frame: a column has a type that there is not");
  return {
    type,
    data: data.getUint32(at + COLUMN_DATA, true),
    validity: data.getUint32(at + COLUMN_VALIDITY, true),
  };
}
