/**
 * As long as what it returns is in use, bytes that the platform would draw by chance come from a seed, and its stopwatch stands: seeds of hash tables decide which rows leave a
 * memory that is full, and a step that may take two milliseconds would end elsewhere in each run.
 */
export function chanceOf(seed: number): Disposable {
  const { getRandomValues } = crypto, { now } = performance;
  let state = seed ^ 0x9e3779b9;
  // mulberry32
  const word = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    const first = Math.imul(state ^ (state >>> 15), state | 1);
    const second = first ^ (first + Math.imul(first ^ (first >>> 7), first | 61));
    return (second ^ (second >>> 14)) >>> 0;
  };
  crypto.getRandomValues = <T extends ArrayBufferView | null>(target: T): T => {
    const bytes = ArrayBuffer.isView(target)
      ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
      : null;
    bytes?.forEach((_, i) => bytes[i] = word());
    return target;
  };
  performance.now = () => 0;
  return {
    [Symbol.dispose]() {
      crypto.getRandomValues = getRandomValues;
      performance.now = now;
    },
  };
}
