import { type ErrorCode, type ErrorDetail, RdxError } from "../core/errors.ts";
import { RETRY_AFTER_SECONDS } from "../core/limits.ts";

/** Errors by meaning, with those that only a server has. */
export type ProblemCode = ErrorCode | "forbidden" | "method_not_allowed" | "timeout";

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What a person can do about it: the text of `/problems/<code>`. */
  readonly about: string;
}

export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  invalid: {
    status: 400,
    title: "Invalid request",
    about:
      "The request cannot be understood. `detail` says what and `errors` says where: lines count from 1, columns in bytes.",
  },
  unauthorized: {
    status: 401,
    title: "Unauthorized",
    about: "The server asks for its token: send `Authorization: Bearer <token>`. Where a browser cannot set headers, " +
      "`?access_token=<token>` works on live views and on WebSockets; WebSockets also take the subprotocol `rdx.bearer.<token as base64url>`.",
  },
  forbidden: {
    status: 403,
    title: "Forbidden",
    about:
      "The request comes from a page of another origin, or names a host that this server is not. Call it by the address that it prints at its start; " +
      "`serve --allow-origin https://a.example` lets pages of an origin in.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    about:
      "There is nothing under this path or name. `/v1/streams`, `/v1/pipelines` and `/v1/views` list what there is, `/openapi.json` describes every path.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    about: "The path exists, but not with this method. The header `Allow` lists its methods.",
  },
  timeout: {
    status: 408,
    title: "Request timeout",
    about: "The body made no progress for too long. Nothing of it was stored: send it again.",
  },
  conflict: {
    status: 409,
    title: "Conflict",
    about:
      "The request does not fit what is there: a gap in a producer's numbers (`expected` is the next), a schema or state that cannot change in this way, " +
      "or a stream that has ended.",
  },
  too_large: {
    status: 413,
    title: "Too large",
    about:
      "The body is larger than the server takes, as it came or after inflating. Nothing of it was stored: send it in smaller parts.",
  },
  unsupported_type: {
    status: 415,
    title: "Unsupported media type",
    about: "The content type or encoding is not one that this path takes. `detail` lists those that it takes.",
  },
  invalid_plan: {
    status: 422,
    title: "Invalid plan",
    about:
      "The plan, schema or declaration was read, but says something impossible. `errors` names each place by node and path, with a hint where there is one.",
  },
  busy: {
    status: 429,
    title: "Busy",
    about:
      "A bound is reached for now, mostly because rows arrive faster than pipelines take them. Nothing was stored and no producer's number was used: " +
      "wait for the seconds in `Retry-After` and send the same again.",
  },
  closing: {
    status: 503,
    title: "Closing",
    about: "The server finishes what it has accepted and takes nothing more. Send the same again once it is back.",
  },
  unavailable: {
    status: 503,
    title: "Unavailable",
    about:
      "Something that this path needs cannot be had now: it comes from outside the server, or comes back with a pipeline that goes on after a restart. " +
      "`detail` says what: ask again after the seconds in `Retry-After`.",
  },
  no_space: {
    status: 507,
    title: "No space",
    about: "Memory or disk for the data is used up. Nothing was stored: send the same again once there is room.",
  },
  internal: {
    status: 500,
    title: "Internal error",
    about: "The server made a mistake. Its log has the cause under the reference in `detail`.",
  },
};

const RETRYABLE: ReadonlySet<ProblemCode> = new Set(["busy", "closing", "unavailable", "no_space"]);
const MEMBERS: ReadonlySet<string> = new Set(["type", "title", "status", "detail", "instance", "errors", "__proto__"]);

/** An error that has no meaning outside a server. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  constructor(
    readonly code: ProblemCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** RFC 9457, and what belongs into the header of an answer with it. */
export interface Problem {
  readonly code: ProblemCode;
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What is told to the client about anything that was thrown. What is no RdxError or HttpError is a mistake of the server: `report` gets it with a
 * reference, and the client only gets the reference.
 */
export function toProblem(
  thrown: unknown,
  instance: string,
  report: (thrown: unknown, reference: string) => void,
): Problem {
  if (thrown instanceof HttpError) return problem(thrown.code, thrown.message, instance, [], {}, thrown.headers);
  if (thrown instanceof RdxError && thrown.code !== "internal") {
    return problem(thrown.code, thrown.message, instance, thrown.details, thrown.extra, {});
  }
  const reference = crypto.randomUUID().slice(0, 8);
  report(thrown, reference);
  return problem("internal", `An unexpected error is in the server's log under ${reference}`, instance, [], {}, {});
}

function problem(
  code: ProblemCode,
  detail: string,
  instance: string,
  errors: readonly ErrorDetail[],
  extra: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>>,
): Problem {
  const { status, title } = PROBLEMS[code];
  const more = Object.entries(extra).filter(([name]) => !MEMBERS.has(name));
  return {
    code,
    status,
    body: {
      type: `/problems/${code}`,
      title,
      status,
      detail,
      instance,
      ...(errors.length > 0 ? { errors } : {}),
      ...Object.fromEntries(more),
    },
    headers: RETRYABLE.has(code) ? { "retry-after": String(RETRY_AFTER_SECONDS), ...headers } : headers,
  };
}

/** The problem as an answer. */
export function problemResponse(problem: Problem): Response {
  return new Response(JSON.stringify(problem.body), {
    status: problem.status,
    headers: { "content-type": "application/problem+json", ...problem.headers },
  });
}
