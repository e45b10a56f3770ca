import { RdxError } from "../../core/errors.ts";
import type { OutboxBatch } from "./types.ts";

/** What a refused batch calls for. */
export type Remedy =
  /** The server has it already. */
  | "forget"
  /** The server does not know the producer any more: all goes on under another name. */
  | "rename"
  /** Connect again, after a while, and send it again. */
  | "again"
  /** Sending it again would change nothing. */
  | "give up";

/**
 * What to do about the refusal of batch `sequence`, when `oldest` is the first that has no verdict. The number that a gap expects tells where the server is: behind
 * `sequence` it has the batch; before `oldest` it has lost what it acknowledged; between the two an earlier batch was refused on the way.
 */
export function remedyOf({ code, extra }: RdxError, sequence: number, oldest: number): Remedy {
  const { expected } = extra;
  if (code === "conflict" && typeof expected === "number" && expected !== sequence) {
    return expected > sequence ? "forget" : expected < oldest ? "rename" : "again";
  }
  return passes(code) || code === "not_found" || code === "internal" ? "again" : "give up";
}

/** Whether a refusal goes away by itself. */
function passes(code: RdxError["code"]): boolean {
  return code === "busy" || code === "closing" || code === "unavailable" || code === "no_space";
}

/**
 * Whether a connection that ended so need not be made again. What was never there is not waited for; what was there may come back. A mistake of the server is not
 * final by itself: it is counted.
 */
export function isFinal({ code, extra }: RdxError, wasConnected: boolean, tokenChanges: boolean): boolean {
  if (passes(code) || code === "internal" || extra.again === true) return false;
  if (code === "not_found") return !wasConnected;
  if (code === "unauthorized") return extra.problem === "forbidden" || !(tokenChanges || extra.retry === true);
  return true;
}

/** The error of a batch that is refused for good. */
export function refusedBatch(error: RdxError, stream: string, { sequence, rows }: OutboxBatch): RdxError {
  const what = `Stream ${stream} refused batch ${sequence} of ${rows} rows: ${error.message}`;
  return new RdxError(error.code, what, error.details, { ...error.extra, sequence, rows });
}
