import { RowRenderer } from "../core/render.ts";
import type { Column } from "../core/schema.ts";
import { formatTime } from "../core/time_text.ts";
import type { LogFollower, LogPiece } from "../runtime/service.ts";
import { closingError } from "./connections.ts";
import type { Context, ServerContext } from "./context.ts";
import { nameOf, Parameters, parsePlace, RENDERING } from "./parameters.ts";
import { toProblem } from "./problems.ts";
import { viewOf } from "./rows.ts";

const encoder = new TextEncoder();

/**
 * `GET /v1/streams/{stream}/log`: the rows of a log as NDJSON, with offset and arrival, as fast as the client takes them. Who follows gets a heartbeat when nothing
 * else came; what ends the answer too early is its last line.
 */
export async function followLog(c: Context, server: ServerContext): Promise<Response> {
  const name = nameOf(c, "stream"),
    parameters = new Parameters(c, ["from", "to", "follow", "limit", "partition", ...RENDERING]);
  const from = parsePlace("Parameter from", parameters.text("from") ?? "earliest");
  const until = parameters.text("to"), to = until === null ? null : parsePlace("Parameter to", until);
  const { start, end: behind, partitions = 1 } = server.engine.streams.get(name);
  const partition = parameters.integer("partition", 0, partitions - 1, -1), only = partition < 0 ? {} : { partition };
  const end = to === "earliest" ? start : to === "latest" ? behind : to;
  const follow = parameters.choice("follow", ["false", "true"], until === null ? "true" : "false") === "true";
  const limit = parameters.integer("limit", 1, Number.MAX_SAFE_INTEGER, Infinity);
  const rendering = parameters.rendering();
  const headers = { "content-type": "application/x-ndjson", "x-accel-buffering": "no" };
  // A body that nobody reads would never end.
  if (c.req.raw.method === "HEAD") return new Response(null, { headers });
  server.connections.claim();
  const follower = await server.engine.streams.follow(name, { from, to: end, follow, ...only });
  const answer = new LogAnswer(
    server,
    follower,
    c.req.path,
    limit,
    (columns) => new RowRenderer(columns, rendering),
    { ...rendering, follow, isNamed: partitions > 1 },
  );
  return new Response(answer.stream, { headers });
}

/** The body of one answer: a piece of the log is read when the network has taken the one before. */
class LogAnswer {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #server: ServerContext;
  readonly #follower: LogFollower;
  readonly #path: string;
  readonly #rendererOf: (columns: readonly Column[]) => RowRenderer;
  readonly #time: "iso" | "ms";
  readonly #follow: boolean;
  readonly #isNamed: boolean;
  readonly #forget: () => void;
  #left: number;
  #columns: readonly Column[] | null = null;
  #renderer: RowRenderer | null = null;
  /** The piece that is waited for. */
  #next: Promise<LogPiece | null> | null = null;
  #leaving = false;

  constructor(
    server: ServerContext,
    follower: LogFollower,
    path: string,
    limit: number,
    rendererOf: (columns: readonly Column[]) => RowRenderer,
    { time = "iso", follow, isNamed }: {
      readonly time?: "iso" | "ms";
      readonly follow: boolean;
      /** Rows are told with their partitions. */
      readonly isNamed: boolean;
    },
  ) {
    this.#server = server;
    this.#follower = follower;
    this.#path = path;
    this.#left = limit;
    this.#rendererOf = rendererOf;
    this.#time = time;
    this.#follow = follow;
    this.#isNamed = isNamed;
    this.#forget = server.connections.add({ kind: "live", close: () => this.#leave() });
    this.stream = new ReadableStream({
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#done(),
    }, { highWaterMark: 0 });
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const piece = this.#left === 0 ? null : await this.#pieceOrBeat();
      if (this.#leaving) throw closingError();
      if (piece === "beat") return controller.enqueue(encoder.encode(this.#beat()));
      if (piece !== null) return controller.enqueue(encoder.encode(this.#textOf(piece)));
    } catch (thrown) {
      controller.enqueue(encoder.encode(this.#lastWords(thrown)));
    }
    this.#done();
    controller.close();
  }

  /** The next piece, or a heartbeat when none has come by then. */
  async #pieceOrBeat(): Promise<LogPiece | null | "beat"> {
    let cancel = () => {};
    const beat = new Promise<"beat">((resolve) => {
      if (this.#follow) cancel = this.#server.clock.after(this.#server.bounds.heartbeatMs, () => resolve("beat"));
    });
    this.#next ??= this.#follower.next();
    try {
      const first = await Promise.race([this.#next, beat]);
      if (first !== "beat") this.#next = null;
      return first;
    } finally {
      cancel();
    }
  }

  #textOf({ offset, partition, arrivalMs, columns, range }: LogPiece): string {
    if (this.#columns !== columns) {
      this.#columns = columns;
      this.#renderer = this.#rendererOf(columns);
    }
    const view = viewOf(range.frame), arrival = this.#timeText(arrivalMs), rows = Math.min(range.rows, this.#left);
    const named = this.#isNamed ? `"partition":${partition},` : "";
    let text = "";
    for (let i = 0; i < rows; i++) {
      text += `{"offset":${offset + i},${named}"arrival":${arrival},"row":${
        this.#renderer!.row(view, range.start + i)
      }}\n`;
    }
    this.#left -= rows;
    return text;
  }

  #timeText(ms: number): string {
    const whole = Math.trunc(ms);
    return this.#time === "ms" ? String(whole) : JSON.stringify(formatTime(whole) ?? whole);
  }

  #beat(): string {
    return `{"heartbeat":${this.#timeText(this.#server.clock.now())},"end":${this.#follower.end}}\n`;
  }

  #lastWords(thrown: unknown): string {
    const { body } = toProblem(thrown, this.#path, (cause, reference) => {
      this.#server.log.error("A log could not be followed", { reference, cause, path: this.#path });
    });
    return `${JSON.stringify({ error: body, next: this.#follower.position })}\n`;
  }

  /** The server goes away. */
  #leave(): void {
    this.#leaving = true;
    this.#follower.close();
  }

  #done(): void {
    this.#follower.close();
    this.#forget();
  }
}
