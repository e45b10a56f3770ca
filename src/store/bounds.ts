import { CHECKPOINT_DELTAS_MAX, CHECKPOINT_SMALL_BYTES } from "../core/limits.ts";

/** Bounds of a store of checkpoints; those that are not said are the limits. */
export interface CheckpointBounds {
  readonly kept: number;
  readonly deltasMax: number;
  readonly smallBytes: number;
  readonly compactBytes: number;
}

/** Whether base and deltas are to become a new base: bytes of them, the base first. */
export function isDue(sizes: readonly number[], bounds: Partial<CheckpointBounds> = {}): boolean {
  const { deltasMax = CHECKPOINT_DELTAS_MAX, smallBytes = CHECKPOINT_SMALL_BYTES } = bounds;
  const [base = 0, ...deltas] = sizes, bytes = deltas.reduce((sum, size) => sum + size, 0);
  return deltas.length > deltasMax || (bytes > smallBytes && bytes * 2 > base);
}
