import { RdxError } from "../core/errors.ts";
import type { Log } from "../log.ts";
import type { IngestAnswer } from "./service.ts";

/** Numbers from the first up to, and not, the second. */
export type IdRange = readonly [from: number, to: number];

/** What one request was told, kept beside its producer's number: an answer, or why all of it was refused. Plain data. */
export type Verdict =
  | {
    readonly answer: IngestAnswer;
    /** Dead letters of the stream whose rows these are: they are there in the same moment in which the letters are settled. */
    readonly settled?: readonly IdRange[];
  }
  | { readonly refused: Pick<RdxError, "message" | "details" | "extra"> };

export function errorOf({ message, details, extra }: Pick<RdxError, "message" | "details" | "extra">): RdxError {
  return new RdxError("invalid", message, details, extra);
}

export function plainOf({ message, details, extra }: RdxError): Pick<RdxError, "message" | "details" | "extra"> {
  return { message, details, extra };
}

/** What was told to the last number of a producer, or null: a repetition gets the same once more, and stores nothing. */
export async function lastVerdict(log: Log<Verdict>, producer: string): Promise<Verdict | null> {
  const sequence = log.lastOf(producer);
  if (sequence < 0) return null;
  const mark = { producer, sequence, sparse: true, digest: "" } as const;
  const never = (): Verdict => {
    throw new RdxError("internal", `Number ${sequence} of ${producer} was used and is not known any more`);
  };
  const { answer } = await log.append({ kind: "rows", rows: 0, frames: [], schema: 0, mark, answer: never });
  return answer;
}
