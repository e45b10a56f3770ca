/** What the demo needs of the HTTP interface. */
export interface DemoClient {
  put(path: string, body: unknown): Promise<void>;
  post(path: string, body?: string): Promise<Record<string, unknown>>;
  get(path: string): Promise<Record<string, unknown>>;
  remove(path: string): Promise<void>;
  /** Server-sent events of a view, until `signal` ends them. */
  live(view: string, signal: AbortSignal): AsyncGenerator<LiveEvent>;
}

export interface LiveRow {
  window_start: string;
  window_end: string;
  origin: string;
  avg_delay: number | null;
  max_delay: number | null;
  flights: number;
}

export interface LiveEvent {
  event: string;
  data: { seq: number; rows: ({ op: string; row: LiveRow } | LiveRow)[] };
}

async function failure(response: Response): Promise<Error> {
  const problem = await response.json().catch(() => ({})) as { detail?: string; errors?: { reason: string }[] };
  const reasons = (problem.errors ?? []).map(({ reason }) => reason).join("; ");
  return new Error(`${response.status} ${problem.detail ?? response.statusText}${reasons ? `: ${reasons}` : ""}`);
}

/** A client of the server at `base`. Requests that the server refuses for a while (429, 503) are sent again when it says. */
export function demoClient(base: string, token: string | undefined): DemoClient {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  async function send(method: string, path: string, body?: string, type?: string): Promise<Response> {
    while (true) {
      const response = await fetch(base + path, {
        method,
        headers: { ...headers, ...(type ? { "content-type": type } : {}) },
        ...(body === undefined ? {} : { body }),
      });
      if (response.ok) return response;
      if (response.status !== 429) throw await failure(response);
      await response.body?.cancel();
      const seconds = Number(response.headers.get("retry-after") ?? 1);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  }
  return {
    put: async (path, body) =>
      void await (await send("PUT", path, JSON.stringify(body), "application/json")).body?.cancel(),
    post: async (path, body = "") => await (await send("POST", path, body, "application/x-ndjson")).json(),
    get: async (path) => await (await send("GET", path)).json(),
    async remove(path) {
      const response = await fetch(base + path, { method: "DELETE", headers });
      await response.body?.cancel();
    },
    async *live(view, signal) {
      const response = await fetch(`${base}/v1/views/${view}/live`, { headers, signal });
      if (!response.ok) throw await failure(response);
      // The signal of a fetch reaches its body no more once the request is garbage, as it is after some time
      const reader = response.body!.getReader(), cancel = () => void reader.cancel();
      signal.addEventListener("abort", cancel);
      try {
        yield* events(reader);
      } finally {
        signal.removeEventListener("abort", cancel);
      }
    },
  };
}

/** The events of a text/event-stream. */
async function* events(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>): AsyncGenerator<LiveEvent> {
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim()).join(
          "\n",
        );
      if (field("data")) yield { event: field("event"), data: JSON.parse(field("data")) };
    }
  }
}
