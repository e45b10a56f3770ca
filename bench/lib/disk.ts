/** What a disk can do while a bench runs, so that its figures can be read. */

const SYNCS = 200, SYNC_BYTES = 4096;

export interface SyncTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Times of an fdatasync behind each of many small writes over what is there already. */
export async function syncTimes(folder: string): Promise<SyncTimes> {
  const path = `${folder}/syncs`, bytes = crypto.getRandomValues(new Uint8Array(SYNC_BYTES)), times: number[] = [];
  await Deno.writeFile(path, new Uint8Array(SYNCS * SYNC_BYTES));
  using file = await Deno.open(path, { write: true });
  await file.syncData();
  for (let i = 0; i < SYNCS; i++) {
    const start = performance.now();
    await file.write(bytes);
    await file.syncData();
    times.push(performance.now() - start);
  }
  await Deno.remove(path);
  return { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}

/** The value that `share` of `values` do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

/** Prints these times, and how busy the machine is. */
export async function sayDisk(folder: string): Promise<SyncTimes> {
  const times = await syncTimes(folder), { p50Ms, p99Ms } = times;
  const load = Deno.loadavg()[0].toFixed(1);
  console.log(
    `\nfdatasync of ${SYNC_BYTES} bytes: p50 ${p50Ms.toFixed(2)} ms, p99 ${
      p99Ms.toFixed(2)
    } ms; load of the machine ${load}`,
  );
  return times;
}
