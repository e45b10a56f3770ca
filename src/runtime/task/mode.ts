import type { Batch, Vector } from "../../core/batch.ts";
import type {
  AnswerMessage,
  ChunkMessage,
  ExchangeEdge,
  ExchangeMessage,
  NodeLookups,
  TaskOutput,
} from "../protocol.ts";

/** Where a task is and how it reaches the others. */
export interface TaskPlace {
  readonly pipeline: number;
  readonly task: number;
  readonly tasks: number;
  exchange(task: number, message: ExchangeMessage, transfer: ArrayBuffer[]): void;
}

/** A batch of a chunk that this task decodes, without the rows that are left out. */
export interface ChunkPart {
  readonly batch: Batch;
  readonly time: Vector;
  /** Address of the running event times of all rows. */
  readonly running: number;
  /** No row of the chunk so far is earlier than one before it. */
  readonly sorted: boolean;
  readonly arrivalMs: number;
  /** Position of its frame in the chunk. */
  readonly frame: number;
}

/** What a chunk has come to when it is decoded. */
export interface ChunkEnd {
  /** This task's own rows, which wait for their turn. */
  readonly edges: readonly ExchangeEdge[];
  /** What the chunk was decoded from, where its late rows are told by what takes its rows when it has its turn. */
  readonly frames: readonly ArrayBuffer[] | null;
  /** Tells the late rows when the chunk has its turn; null where nobody wants them. */
  readonly late: LateFrames | null;
}

/** The frames of the late rows of a chunk whose turn has come. */
export type LateFrames = () => readonly ArrayBuffer[];

/** What a task does with rows and with numbers; each mode of plans has its own way. */
export interface TaskMode {
  /** Numbers have to be met one after the other here. */
  readonly inOrder: boolean;
  /** A chunk that this task decodes begins. Its results go to `outputs`. */
  begin(message: ChunkMessage, outputs: TaskOutput[]): void;
  /** Takes rows of it, in their order. The arena is reset afterwards. */
  take(part: ChunkPart): void;
  /** The chunk is decoded: the other tasks get what is theirs. */
  end(number: number, timeMax: number): ChunkEnd;
  /** The turn of a number has come: takes the rows of its exchange. Given the chunk's `frames`, it returns those of its late rows. */
  meet(
    source: number,
    edges: readonly ExchangeEdge[],
    outputs: TaskOutput[],
    frames: readonly ArrayBuffer[] | null,
  ): readonly ArrayBuffer[];
  /** The clocks have moved on behind it. */
  advance(outputs: TaskOutput[]): void;
  /** An interval of the wall clock has ended, epoch ms. */
  tick(nowMs: number, outputs: TaskOutput[]): void;
  /** When the last tick was, epoch ms; −Infinity before the first. */
  tickedMs: number;
  /** A lookup has its answer. */
  answer(answer: AnswerMessage, outputs: TaskOutput[]): void;
  /** What the plan's lookups have come to, where they run. */
  lookups(): NodeLookups[];
  /** The least watermark that has come through a lookup; +Infinity without any. */
  readonly heldAt: number;
  /** Rows of open windows, as far as they go to sinks. */
  open(outputs: TaskOutput[]): void;
}
