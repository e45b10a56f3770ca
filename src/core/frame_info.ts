import {
  FRAME_BYTES,
  FRAME_KINDS,
  FRAME_NUMBER,
  FRAME_ROWS,
  FRAME_SCHEMA,
  FRAME_TIME_MAX,
  FRAME_TIME_MIN,
} from "./frame_layout.ts";

/** Buffers of a frame start at multiples of this. */
export const FRAME_ALIGNMENT = 64;

/** The next multiple of FRAME_ALIGNMENT. */
export function alignFrame(offset: number): number {
  return Math.ceil(offset / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
}

/** The largest and smallest i64: how a frame without event times says its times. */
const TIME_NONE_MIN = 2n ** 63n - 1n;
const TIME_NONE_MAX = -(2n ** 63n);

/** What a frame says of itself beside its columns. */
export interface FrameInfo {
  /** Number of the chunk that the rows belong to. */
  readonly number: number;
  /** Version of the schema that the columns follow. */
  readonly schema: number;
  /** Smallest event time in epoch milliseconds; Infinity when no row has one. */
  readonly timeMin: number;
  /** Largest event time in epoch milliseconds; -Infinity when no row has one. */
  readonly timeMax: number;
}

/** A frame that belongs to no chunk and has no event time. */
export const NO_INFO: FrameInfo = { number: 0, schema: 0, timeMin: Infinity, timeMax: -Infinity };

/** Writes `info` into the header of the frame that `data` starts with. */
export function writeFrameInfo(data: DataView, info: FrameInfo): void {
  data.setUint32(FRAME_NUMBER, info.number, true);
  data.setUint32(FRAME_SCHEMA, info.schema, true);
  data.setBigInt64(FRAME_TIME_MIN, info.timeMin === Infinity ? TIME_NONE_MIN : BigInt(info.timeMin), true);
  data.setBigInt64(FRAME_TIME_MAX, info.timeMax === -Infinity ? TIME_NONE_MAX : BigInt(info.timeMax), true);
}

/** Reads what `writeFrameInfo` wrote. */
export function readFrameInfo(data: DataView): FrameInfo {
  const timeMin = data.getBigInt64(FRAME_TIME_MIN, true), timeMax = data.getBigInt64(FRAME_TIME_MAX, true);
  return {
    number: data.getUint32(FRAME_NUMBER, true),
    schema: data.getUint32(FRAME_SCHEMA, true),
    timeMin: timeMin === TIME_NONE_MIN ? Infinity : Number(timeMin),
    timeMax: timeMax === TIME_NONE_MAX ? -Infinity : Number(timeMax),
  };
}

/** How many rows a frame has, by its header. */
export function frameRows(frame: ArrayBuffer): number {
  return new DataView(frame).getUint32(FRAME_ROWS, true);
}

/** How many bytes a frame has, by its header; its buffer may have more. */
export function frameBytes(frame: ArrayBuffer): number {
  return new DataView(frame).getUint32(FRAME_BYTES, true);
}

/** Whether a frame says what its rows do to those before them; without, all are inserts. */
export function frameHasKinds(frame: ArrayBuffer): boolean {
  return new DataView(frame).getUint32(FRAME_KINDS, true) !== 0;
}
