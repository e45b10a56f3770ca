import type { LineWriter } from "./line_writer.ts";

/** Event time of events by their number. */
export interface EventClock {
  /** Epoch milliseconds, whole. */
  timeOf(event: number): number;
}

/** Writes the events of one table. */
export interface TableWriter {
  /** Bytes of a line, at most. */
  readonly bytesMax: number;
  /** Writes event number `event`, which belongs to epoch `epoch`, as one line of JSON; the random numbers are at its start. */
  write(line: LineWriter, event: number, epoch: number): void;
}
