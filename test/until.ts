/** What does not come true by then never will, however loaded the machine is. */
export const UNTIL_MS_MAX = 120_000;

/** Asks again until `found` gives something. Throws when it does not for UNTIL_MS_MAX. */
export async function until<T>(found: () => Promise<T | null | false> | T | null | false, everyMs = 20): Promise<T> {
  for (const giveUp = performance.now() + UNTIL_MS_MAX;;) {
    if (performance.now() > giveUp) throw new Error(`This did not come true in ${UNTIL_MS_MAX} ms: ${found}`);
    const value = await found();
    if (value !== null && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
