// Why the row at hand cannot be read: set by fail(), read when the row is given up.
export let failedAt: usize = 0;
export let failedReason: i32 = 0;

/** Remembers where and why the text is no JSON; returns 0, with which every reader gives up. */
export function fail(at: usize, reason: i32): usize {
  failedAt = at;
  failedReason = reason;
  return 0;
}
