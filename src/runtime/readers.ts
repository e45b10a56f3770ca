import type { PhysicalPlan } from "../plan/physical.ts";
import type { Streams } from "./streams.ts";

/** Notes what a pipeline reads, before or after a change of its plan, so that nobody deletes it meanwhile. `later`: streams that it is about to read again. */
export function noteReader(
  streams: Streams,
  name: string,
  plans: readonly (PhysicalPlan | null | undefined)[],
  later: readonly string[],
): void {
  const read = new Set([...plans.flatMap((plan) => plan?.sources ?? []).map(({ stream }) => stream), ...later]);
  for (const { name: stream, readers } of streams.all()) {
    if (read.has(stream)) readers.add(name);
    else readers.delete(name);
  }
}
