import type { Clock } from "../core/clock.ts";
import { RdxError } from "../core/errors.ts";
import { QUIESCE_MS_MAX, QUIESCE_POLL_MS } from "../core/limits.ts";
import type { PipelineState } from "./service.ts";

/** What a pipeline that takes nothing more still has to do. */
interface Resting {
  readonly plan: { readonly name: string };
  readonly state: PipelineState;
  readonly inFlight: number;
  /** Rows that wait for answers from outside. */
  readonly pendingRows: number;
}

/** Resolves when nothing of a paused pipeline is under way any more, or it has ended; throws RdxError("busy") when that takes too long. */
export async function comesToRest(pipeline: Resting, clock: Clock): Promise<void> {
  const until = clock.monotonic() + QUIESCE_MS_MAX;
  while (pipeline.state === "running" && (pipeline.inFlight > 0 || pipeline.pendingRows > 0)) {
    if (clock.monotonic() >= until) throw busy(pipeline);
    await clock.soon(QUIESCE_POLL_MS);
  }
}

function busy({ plan, inFlight, pendingRows }: Resting): RdxError {
  const fresh = "state=fresh replaces it without waiting";
  if (pendingRows > 0) {
    const waiting = `${
      pendingRows === 1 ? "1 row" : `${pendingRows} rows`
    } of pipeline ${plan.name} still without answers of lookups`;
    return new RdxError("busy", `${waiting}: do their tables answer? ${fresh}`);
  }
  const reason = `${inFlight} chunks of pipeline ${plan.name} did not come to their end in time`;
  return new RdxError("busy", `${reason}: is one of its sinks stuck? ${fresh}`);
}
