/**
 * The working file of a task for rows that nothing has asked for lately. It lives as long as the task and is part of no checkpoint: what is
 * in it was there before, in what a restart begins with. Reading and writing are done when they return, since a number never waits for
 * a promise. Methods throw what the platform throws.
 */
export interface ColdFile {
  /** Writes all of `bytes` at `at`, which may be behind the end. */
  write(at: number, bytes: Uint8Array<ArrayBuffer>): void;
  /** Fills `into` from `at` on; returns how many bytes there were. */
  read(at: number, into: Uint8Array<ArrayBuffer>): number;
  /** The file ends here: what is behind is gone. */
  truncate(bytes: number): void;
  /** The file is gone. */
  close(): void;
}

/** Makes a working file, which is empty. Throws what the platform throws. */
export type OpenColdFile = () => ColdFile;

/** How much memory the state of each task may take, and where the working files go; null: there are none, and state ends with its bound. */
export interface StateRoom {
  readonly bytesMax: number;
  readonly cold: { readonly folder: string | null } | null;
}

/** Rows of state that are in a working file. */
export interface ColdFacts {
  /** Rows that are there now, and their bytes. */
  readonly rows: number;
  readonly bytes: number;
  /** Rows that have been read back so far. */
  readonly reads: number;
}

/** How large the state of a pipeline is. */
export interface StateSize {
  readonly stateRows: number;
  /** Bytes of memory. */
  readonly stateBytes: number;
  /** Those of the rows that are in working files. */
  readonly cold: ColdFacts;
}

/** Of several operators or tasks, together. */
export function allCold(facts: readonly ColdFacts[]): ColdFacts {
  const sum = (of: (one: ColdFacts) => number) => facts.reduce((total, one) => total + of(one), 0);
  return { rows: sum(({ rows }) => rows), bytes: sum(({ bytes }) => bytes), reads: sum(({ reads }) => reads) };
}

export const NOTHING_COLD: ColdFacts = { rows: 0, bytes: 0, reads: 0 };
