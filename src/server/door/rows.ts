import { HttpError, toProblem } from "../problems.ts";
import type { Asked } from "../asked.ts";
import { admit, requireKnownHost } from "../auth.ts";
import type { Share } from "../budget.ts";
import type { Counter, Family } from "../../telemetry/metrics.ts";
import { type IngestFormat, ingestFormat } from "../content_type.ts";
import type { ServerContext } from "../context.ts";
import { answerJson, parseProducer, store } from "../ingest.ts";
import { RdxError } from "../../core/errors.ts";
import type { Answers } from "./answers.ts";
import type { BodyBuffers } from "./body_buffers.ts";
import { type ByteReader, writeAll } from "./byte_reader.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Head } from "./head.ts";

const ROUTE = "/v1/streams/:name";

/** What answers requests that bring rows. */
export interface RowsParts {
  readonly server: ServerContext;
  readonly answers: Answers;
  /** Bodies that are on their way. */
  readonly bodies: Deadlines;
  readonly buffers: BodyBuffers;
  /** Requests by the status of their answer. */
  readonly counted: ByStatus;
}

/** Counts requests that bring rows. */
export class ByStatus {
  readonly #requests: Family<Counter>;
  /** Known by their number: to find one by its labels takes longer. */
  readonly #counters = new Map<number, Counter>();

  constructor({ metrics }: ServerContext) {
    this.#requests = metrics.requests;
  }

  add(status: number): void {
    let counter = this.#counters.get(status);
    if (!counter) this.#counters.set(status, counter = this.#requests.with("POST", ROUTE, String(status)));
    counter.increment();
  }
}

/** A body that may come. */
interface Expected {
  readonly length: number;
  readonly format: IngestFormat;
  readonly producer: ReturnType<typeof parseProducer>;
  readonly share: Share;
}

/** A connection, as far as one request uses it. */
export interface RowsConnection {
  readonly reader: ByteReader;
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Answers a `POST /v1/streams/{stream}` as ingest.ts does. Null: nothing of it was taken, and it is for somebody else to refuse. Else whether the connection goes on behind it.
 */
export function answerRows(head: Head, connection: RowsConnection, parts: RowsParts): Promise<boolean> | null {
  const started = parts.server.clock.monotonic(), expected = expect(head, parts.server);
  return expected && takeRows(head, expected, started, connection, parts);
}

/** Null for a request that is refused before its body is read. */
function expect(head: Head, server: ServerContext): Expected | null {
  const { headers, stream, bodyBytes: length } = head, share = server.budget.share();
  const { bodyBytesMax, bodyWholeBytesMax } = server.bounds;
  if (length > Math.min(bodyBytesMax, bodyWholeBytesMax)) return null;
  const header = (name: string) => headers.get(name) ?? null;
  try {
    admitHead(head, server);
    const format = ingestFormat(header("content-type"));
    const producer = parseProducer(header("rdx-producer"), header("rdx-sequence"), header("rdx-epoch"));
    if (!server.autoCreate) server.engine.streams.get(stream);
    share.take(length);
    return { length, format, producer, share };
  } catch {
    return null;
  }
}

/** Throws as the server does for a request that must not go on to its route. */
export function admitHead({ method, path, headers }: Head, server: ServerContext): void {
  const asked: Asked = {
    method,
    path,
    host: headers.get("host") ?? "",
    header: (name) => headers.get(name) ?? null,
    query: () => undefined,
  };
  requireKnownHost(asked, server);
  admit(asked, server);
}

async function takeRows(
  { stream, path, length: headLength }: Head,
  { length, format, producer, share }: Expected,
  started: number,
  { reader, ...connection }: RowsConnection,
  { server, answers, bodies, buffers, counted }: RowsParts,
): Promise<boolean> {
  const { metrics, clock } = server;
  const body = buffers.take(length);
  let bytes: Uint8Array, status = 200, goesOn = true;
  try {
    reader.skip(headLength);
    await fill(body, reader, server, bodies);
    metrics.bodyBytes.increment(length);
    bytes = answers.json(answerJson(await store(server, stream, body, format, producer)));
  } catch (thrown) {
    const problem = toProblem(thrown, path, (cause, reference) => {
      server.log.error("A request failed", { reference, method: "POST", path, cause });
    });
    status = problem.status;
    goesOn = !(thrown instanceof Broken) && problem.headers.connection !== "close";
    bytes = answers.problem(problem);
  } finally {
    share.release();
    // A connection that goes no further may read into it yet.
    if (goesOn) buffers.give(body);
  }
  const told = writeAll(connection, bytes);
  counted.add(status);
  metrics.requestSeconds.with(ROUTE).observe((clock.monotonic() - started) / 1000);
  await told;
  return goesOn;
}

/** The body ended before it was complete. */
class Broken extends RdxError {
  constructor() {
    super("invalid", "The body ended before it was complete");
  }
}

/** Throws HttpError("timeout") when the body is not there in time. */
function fill(body: Uint8Array, reader: ByteReader, server: ServerContext, bodies: Deadlines): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>(), { bodyIdleMsMax } = server.bounds;
  const inTime = bodies.begin(() => {
    reject(new HttpError("timeout", `The body made no progress for ${bodyIdleMsMax} ms`, { connection: "close" }));
  });
  const end = (whole: boolean) => {
    inTime();
    if (whole) resolve();
    else reject(new Broken());
  };
  reader.fill(body).then(end, () => end(false));
  return promise;
}
