/** Stands in for a server where a real one cannot say what the test needs: names that it refuses, 10,000 columns, answers that fail. */
export interface Double {
  readonly url: string;
  /** Answers by path without query; `live` feeds are named by their view. */
  readonly answers: Map<string, (request: Request) => Response | Promise<Response>>;
  /** Sends an event to whoever follows the view. */
  send(view: string, event: string, data: Record<string, unknown> | string, id?: number | string): void;
  /** Followers of the view. */
  followers(view: string): number;
  /** Ends the connections of those who follow a view. */
  cut(view: string): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const CORS = { "access-control-allow-origin": "*", "access-control-expose-headers": "date, rdx-build" };

/** A JSON answer that pages of any origin may read. */
export function jsonAnswer(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(typeof value === "string" ? value : JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", ...CORS, ...headers },
  });
}

/** What the server answers when something is wrong (RFC 9457). */
export function problemAnswer(code: string, status: number, detail: string): Response {
  return jsonAnswer({ type: `/problems/${code}`, title: code, status, detail }, status);
}

/** `begin` gives the events that a new follower of a view gets first, as text of server-sent events. */
export function startDouble(begin: (view: string) => string | Response): Double {
  const feeds = new Map<string, Set<ReadableStreamDefaultController<Uint8Array>>>(), encoder = new TextEncoder();
  const answers: Double["answers"] = new Map();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    if (request.method === "OPTIONS") {
      const headers = {
        ...CORS,
        "access-control-allow-headers": "*, authorization",
        "access-control-allow-methods": "*",
      };
      return new Response(null, { status: 204, headers });
    }
    const path = decodeURIComponent(new URL(request.url).pathname), own = answers.get(path);
    if (own) return await own(request);
    const view = /^\/v1\/views\/(.*)\/live$/s.exec(path)?.[1];
    if (view === undefined) return problemAnswer("not_found", 404, `There is nothing at ${path}`);
    const first = begin(view);
    if (first instanceof Response) return first;
    const set = feeds.get(view) ?? new Set();
    feeds.set(view, set);
    let mine: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        set.add(mine = controller);
        controller.enqueue(encoder.encode(first));
      },
      cancel: () => void set.delete(mine),
    });
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store", ...CORS },
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    answers,
    send(view, event, data, id) {
      const bytes = encoder.encode(eventText(event, data, id));
      for (const controller of feeds.get(view) ?? []) controller.enqueue(bytes);
    },
    followers: (view) => feeds.get(view)?.size ?? 0,
    cut(view) {
      for (const controller of feeds.get(view) ?? []) controller.close();
      feeds.delete(view);
    },
    async [Symbol.asyncDispose]() {
      for (const set of feeds.values()) {
        for (const controller of set) {
          try {
            controller.close();
          } catch { /* its page has gone */ }
        }
      }
      await server.shutdown();
    },
  };
}

/** One server-sent event. */
export function eventText(event: string, data: Record<string, unknown> | string, id?: number | string): string {
  const text = typeof data === "string" ? data : JSON.stringify({ event, ...data });
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${text}\n\n`;
}

export interface DoubleColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable?: boolean;
}

/** A snapshot as the server sends it; rows are written newest first. */
export function snapshotText(
  columns: readonly DoubleColumn[],
  keys: readonly string[],
  rows: readonly Record<string, unknown>[] | string,
  seq = 1,
  epoch = "first",
): string {
  const all = columns.map((column) => ({ nullable: true, ...column }));
  const head = JSON.stringify({
    event: "snapshot",
    view: "v",
    seq,
    watermark: null,
    complete: true,
    keys,
    columns: all,
  });
  return eventText(
    "snapshot",
    `${head.slice(0, -1)},"rows":${typeof rows === "string" ? rows : JSON.stringify(rows)}}`,
    `${seq}.${epoch}`,
  );
}
