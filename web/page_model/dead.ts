import type { DeadReplayJson, DeadRowJson } from "./answers.ts";
import { plural } from "./format.ts";

/** Which dead rows are looked at; empty texts leave none out. */
export interface DeadChoice {
  readonly reason: string;
  /** Null: of any field. */
  readonly field: string | null;
}

export const ALL_DEAD: DeadChoice = { reason: "", field: null };

/** The choice as a query, behind what is there: `?limit=5&reason=x`. */
export function deadQuery({ reason, field }: DeadChoice, more: Readonly<Record<string, string | number>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(more)) query.set(name, String(value));
  if (reason !== "") query.set("reason", reason);
  if (field !== null) query.set("field", field);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** What a replay has come to, as a sentence. */
export function replaySentence(
  { replayed, failed, skipped }: Omit<DeadReplayJson, "more" | "before" | "errors">,
): string {
  if (replayed + failed + skipped === 0) return "There was nothing to replay.";
  const parts = [
    replayed > 0 ? `${plural(replayed, "row")} ${replayed === 1 ? "is" : "are"} in the stream now` : "",
    failed > 0 ? `${plural(failed, "row")} failed again` : "",
    skipped > 0
      ? `${plural(skipped, "row")} ${skipped === 1 ? "is" : "are"} in the stream already, where a pipeline left ${
        skipped === 1 ? "it" : "them"
      } out, and others read it`
      : "",
  ];
  return `${parts.filter(Boolean).join("; ")}.`;
}

/** What is known of a dead row beside its reason, in short. */
export function deadFacts(
  { attempts, retry_at: retryAt, pipeline, format }: DeadRowJson,
  timeText: (iso: string) => string,
) {
  return [
    attempts > 0 ? `tried again ${attempts === 1 ? "once" : `${attempts} times`}` : "",
    retryAt === null ? "" : `next try ${timeText(retryAt)}`,
    pipeline === null ? "" : `left out by ${pipeline}`,
    format === null ? "not kept whole: cannot be replayed" : "",
  ].filter(Boolean).join(", ");
}
