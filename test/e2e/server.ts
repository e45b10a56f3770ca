import { until } from "../until.ts";

export { until };

/** A real server of this project as a process of its own, on a free port of loopback. */
export interface TestServer {
  readonly url: string;
  readonly pid: number;
  /** Sends a signal and resolves with the exit code. */
  signal(name: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number>;
  /** Everything it wrote to standard error so far. */
  readonly errors: string;
  /** Resident memory in bytes. */
  rss(): number;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** A request with a JSON body; throws when the answer is no success. */
  put(path: string, body: unknown): Promise<void>;
  json<T>(path: string): Promise<T>;
  [Symbol.asyncDispose](): Promise<void>;
}

const main = new URL("../../src/main.ts", import.meta.url).pathname;

export interface ServerOptions {
  readonly args?: readonly string[];
  /** The data directory; default: none, everything lives in memory. */
  readonly data?: string;
  /** A command that runs what stands behind it, in its own place. */
  readonly through?: readonly string[];
  /** What V8 is told; default: nothing. */
  readonly v8Flags?: readonly string[];
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Default: any that is free. */
  readonly port?: number;
  /** Takes standard output behind the ready line; default: it is read and thrown away. */
  onOutput?(stream: ReadableStream<Uint8Array<ArrayBuffer>>): void;
}

/** Ports below those that the system gives to whoever asks for any. */
const PORTS = { from: 12_000, to: 32_000 };

/**
 * A free port for a server that ends and comes back under its address: one that the system has given could meanwhile
 * belong to a connection of another test.
 */
export function stayingPort(): number {
  while (true) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (thrown) {
      if (!(thrown instanceof Deno.errors.AddrInUse)) throw thrown;
    }
  }
}

/** Starts `rdx serve` and waits until it says that it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const [command, ...before] = [...(options.through ?? []), Deno.execPath()];
  const child = new Deno.Command(command, {
    args: [
      ...before,
      ...["run", "-A", "--no-check", ...(options.v8Flags ? [`--v8-flags=${options.v8Flags.join()}`] : [])],
      ...[main, "serve", "--port", String(options.port ?? 0)],
      ...(options.data === undefined ? ["--durability", "none"] : ["--data", options.data]),
      ...(options.args ?? []),
    ],
    // The tests may run in a task themselves, which leaves its caller's folder there.
    env: { INIT_CWD: options.cwd ?? Deno.cwd(), ...options.env },
    ...(options.cwd ? { cwd: options.cwd } : {}),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let errors = "";
  const reading = (async () => {
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) errors += part;
  })();
  const url = await readyUrl(child.stdout, async () => {
    await reading;
    return errors;
  });
  if (options.onOutput) options.onOutput(child.stdout);
  else void child.stdout.pipeTo(new WritableStream());
  let ended = false;
  const signal = async (name: "SIGTERM" | "SIGINT" | "SIGKILL") => {
    if (!ended) child.kill(name);
    const { code } = await child.status;
    ended = true;
    await reading;
    return code;
  };
  const server: TestServer = {
    url,
    pid: child.pid,
    signal,
    get errors() {
      return errors;
    },
    rss() {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
    },
    fetch: (path, init) => fetch(url + path, init),
    async put(path, body) {
      const headers = { "content-type": "application/json" };
      const response = await fetch(url + path, { method: "PUT", headers, body: JSON.stringify(body) });
      const text = await response.text();
      if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${text}`);
    },
    async json<T>(path: string) {
      const response = await fetch(url + path);
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
      return await response.json() as T;
    },
    async [Symbol.asyncDispose]() {
      await signal("SIGKILL");
    },
  };
  return server;
}

async function readyUrl(
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>,
  errors: () => Promise<string>,
): Promise<string> {
  const reader = stdout.getReader(), decoder = new TextDecoder();
  let text = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`The server ended before it was ready: ${text}${await errors()}`);
      text += decoder.decode(value, { stream: true });
      const ready = /rdx ready at (\S+)/.exec(text);
      if (ready) return ready[1];
    }
  } finally {
    reader.releaseLock();
  }
}

/** Waits until a pipeline has come to the end of its input; throws when it fails. */
export async function completed(server: TestServer, pipeline: string): Promise<void> {
  await until(async () => {
    const { state, reason } = await server.json<{ state: string; reason: string }>(`/v1/pipelines/${pipeline}`);
    if (state === "failed" || state === "stalled") throw new Error(`Pipeline ${pipeline} is ${state}: ${reason}`);
    return state === "completed";
  });
}
