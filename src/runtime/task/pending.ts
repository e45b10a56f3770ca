import type {
  AheadRows,
  AnswerMessage,
  ChunkMessage,
  DeadRow,
  ExchangeEdge,
  MarkMessage,
  NodeRefused,
  TaskOutput,
  ToTask,
} from "../protocol.ts";
import type { LateFrames } from "./mode.ts";

/** What waits for its number's turn. */
export interface Pending {
  readonly source: number;
  readonly edges: readonly ExchangeEdge[];
  /** The chunk's frames, where its late rows are told here. */
  readonly frames: readonly ArrayBuffer[] | null;
  readonly timeMax: number;
  /** Set by a mark. */
  readonly watermark: number | null;
  /** Set by a tick. */
  readonly nowMs: number | null;
  /** Set by an answer to a lookup. */
  readonly answer: AnswerMessage | null;
  readonly cut: MarkMessage["cut"] | null;
  /** Set when this task decoded the chunk. */
  readonly own: OwnChunk | null;
}

/** What a number brings that a chunk is not. */
export const NOTHING = {
  ...{ edges: [], frames: null, timeMax: -Infinity, watermark: null },
  ...{ nowMs: null, answer: null, cut: null, own: null },
};

/** What the task that decoded a chunk has of it. */
export interface OwnChunk {
  readonly rows: number;
  readonly deadRows: number;
  readonly errors: readonly DeadRow[];
  readonly ahead: readonly AheadRows[];
  readonly outputs: TaskOutput[];
  readonly late: LateFrames | null;
  readonly refused: readonly NodeRefused[];
  /** Time that decoding took. */
  readonly busyMs: number;
}

/** What a message brings that is no chunk. */
export function pendingOf(message: Exclude<ToTask, ChunkMessage>): Pending {
  switch (message.kind) {
    case "mark":
      return { ...NOTHING, source: message.source, watermark: message.watermark, cut: message.cut ?? null };
    case "tick":
      return { ...NOTHING, source: 0, nowMs: message.nowMs };
    case "answer":
      return { ...NOTHING, source: 0, answer: message };
  }
}
