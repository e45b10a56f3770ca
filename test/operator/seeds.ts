/** Does something with so many seeds, and names the one with which it fails. */
export function seeds(count: number, act: (seed: number) => void): void {
  for (let i = 0; i < count; i++) {
    const seed = Math.floor(Math.random() * 2 ** 31);
    try {
      act(seed);
    } catch (thrown) {
      throw new Error(`With seed ${seed}: ${thrown instanceof Error ? thrown.message : thrown}`, { cause: thrown });
    }
  }
}
