/** The starts of all windows that a time is in: windows of `sizeMs`, one every `slideMs`. */
export function windowsOf(ms: number, sizeMs: number, slideMs: number): number[] {
  const starts: number[] = [];
  for (let start = Math.floor(ms / slideMs) * slideMs; start > ms - sizeMs; start -= slideMs) starts.push(start);
  return starts;
}

/** The start of the tumbling window that a time is in. */
export function windowOf(ms: number, sizeMs: number): number {
  return Math.floor(ms / sizeMs) * sizeMs;
}
