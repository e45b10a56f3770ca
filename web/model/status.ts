import type { RdxError } from "../../src/core/errors.ts";
import { formatDuration } from "./format.ts";

/** What an element is doing, in one word for programs and in a sentence for people. */
export interface Status {
  readonly kind:
    | "connecting"
    | "live"
    | "empty"
    | "paused"
    | "ended"
    | "waiting"
    | "gone"
    | "refused"
    | "invalid"
    | "failed";
  readonly text: string;
}

/** How long an element waits before it asks again for what waiting alone may not heal. */
export const AGAIN_MS = 5000;

export type ThingName = { readonly kind: "View" | "Pipeline" | "Stream"; readonly name: string };

const nameOf = ({ kind, name }: ThingName) => `${kind} ${name}`;

export function connecting(thing: ThingName): Status {
  return { kind: "connecting", text: `Connecting to ${thing.kind.toLowerCase()} ${thing.name}…` };
}

export function invalid(text: string): Status {
  return { kind: "invalid", text };
}

/** Nothing to show yet, and what would change that. */
export function empty(thing: ThingName): Status {
  const how = thing.kind === "View"
    ? "rows appear when a window closes: send events to the pipeline's stream"
    : thing.kind === "Stream"
    ? `send some to /v1/streams/${thing.name}`
    : "deploy a plan with nodes";
  return { kind: "empty", text: `${nameOf(thing)} has no rows yet — ${how}` };
}

/** All is well. `watermark`: epoch ms, null or Infinity; `now`: the server's clock. */
export function flowing(watermark: number | null, watermarkText: (ms: number) => string): Status {
  if (watermark === Infinity) return { kind: "ended", text: "End of the input: these are the final results" };
  return { kind: "live", text: watermark === null ? "Live" : `Live · complete up to ${watermarkText(watermark)} UTC` };
}

export function paused(since: string, more: number): Status {
  const rows = more === 0 ? "nothing new since" : more === 1 ? "1 row came since" : `${more} rows came since`;
  return { kind: "paused", text: `Paused at ${since} — still collecting, ${rows}` };
}

/**
 * What went wrong and what happens next. `retryMs`: when the next try is; null when none is made before something changes. `had`: whether there was
 * something before, `token`: whether one is set.
 */
export function failed(
  error: RdxError,
  thing: ThingName,
  { retryMs, had, token }: { readonly retryMs: number | null; readonly had: boolean; readonly token: boolean },
): Status {
  const again = retryMs === null
    ? ""
    : `; trying again in ${formatDuration(Math.max(1000, Math.ceil(retryMs / 1000) * 1000))}`;
  const kept = had ? " What is shown is how it was." : "";
  switch (error.code) {
    case "closing":
    case "unavailable":
      if (error.extra.unreachable !== true) {
        return { kind: "waiting", text: `The server is shutting down or starting${again}.${kept}` };
      }
      return { kind: "waiting", text: `Cannot reach the server${again}.${kept}` };
    case "busy":
      return { kind: "waiting", text: `The server is busy: ${error.message}${again}.${kept}` };
    case "not_found":
      return had
        ? { kind: "gone", text: `${nameOf(thing)} is gone${again}. It is shown again as soon as it is back.` }
        : { kind: "gone", text: `There is no ${thing.kind.toLowerCase()} ${thing.name} on this server yet${again}.` };
    case "unauthorized":
      if (error.extra.problem === "forbidden") {
        return { kind: "refused", text: `The server refuses this page: ${error.message}${again}.` };
      }
      return token
        ? {
          kind: "refused",
          text: `The server refuses the token: set a valid one in the attribute token${again}.${kept}`,
        }
        : { kind: "refused", text: `The server asks for its token: set the attribute token${again}.` };
    case "internal":
      return { kind: "failed", text: `The server made a mistake: ${error.message}${again}.${kept}` };
    default:
      return { kind: "failed", text: `${error.message}${again}.${kept}` };
  }
}

/** Clocks apart by more than this are told of. */
export const CLOCK_SKEW_MS_MAX = 5000;
/** From here on a difference of clocks is told in steps of so much. */
const CLOCK_ROUGH_MS = 60_000, CLOCK_STEP_MS = 10_000;

/** A remark when this machine's clock and the server's differ, else null. `offsetMs`: the server's minus this machine's. */
export function clockRemark(offsetMs: number | null): string | null {
  if (offsetMs === null || Math.abs(offsetMs) <= CLOCK_SKEW_MS_MAX) return null;
  const way = offsetMs > 0 ? "behind" : "ahead of", size = Math.abs(offsetMs);
  // An answer's date has whole seconds: an hour is not 59 min 59 s with every other answer.
  const told = formatDuration(size < CLOCK_ROUGH_MS ? size : Math.round(size / CLOCK_STEP_MS) * CLOCK_STEP_MS);
  return `This machine's clock is ${told} ${way} the server's: lag is shown by the server's.`;
}

/** A remark when the server is not the one that the page was loaded from, else null. */
export function buildRemark(first: string | null, now: string | null): string | null {
  if (first === null || now === null || first === now) return null;
  return "The server runs another version than when this page was loaded: reload the page to match it.";
}
