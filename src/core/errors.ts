/** One place in the input that an error speaks of. Lines and columns count from 1, columns in bytes (of SQL in characters). */
export interface ErrorDetail {
  node?: string;
  path?: string;
  line?: number;
  column?: number;
  field?: string;
  reason: string;
  hint?: string;
}

/** What went wrong, by meaning. The server maps each to a status; the command line to an exit code. */
export type ErrorCode =
  | "invalid" // the input cannot be understood                                  400
  | "unauthorized" //                                                             401
  | "not_found" //                                                                404
  | "conflict" // sequence gaps, incompatible schema or state, ended streams      409
  | "too_large" //                                                                413
  | "unsupported_type" // content type or encoding                                415
  | "invalid_plan" // a plan or schema that says something impossible             422
  | "busy" // a bound is reached; try again later                                 429
  | "closing" // the process drains                                               503
  | "unavailable" // what it needs is not there at the moment; try again later    503
  | "no_space" //                                                                 507
  | "internal"; //                                                                500

/** An error that names the thing, the place and what to do. Messages are sentences without a full stop. */
export class RdxError extends Error {
  override readonly name = "RdxError";
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: readonly ErrorDetail[] = [],
    /** Further members for the answer, such as `expected` for a sequence gap. */
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** The message of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
