/** Windows end at multiples of `stepMs` plus `offsetMs`. */
export interface WindowEnds {
  readonly stepMs: number;
  readonly offsetMs: number;
}

/** The least watermark above this one that passes the end of a window: end − 1. Without `ends` any may. */
export function nextEnd(watermark: number, ends: WindowEnds | null | undefined): number {
  if (!ends) return watermark + 1;
  const first = ends.offsetMs - 1;
  return first + (Math.floor((watermark - first) / ends.stepMs) + 1) * ends.stepMs;
}
