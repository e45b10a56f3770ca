import { resolve } from "node:path";
import { createLog, type Logger, type LogLevel } from "../telemetry/log.ts";

export type Signal = "SIGINT" | "SIGTERM";

/** The process around a command: what it writes to, reads from and is told. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Everything that is said beside them. */
  err(text: string): void;
  /** Whether a person watches what `err` writes. */
  readonly watched: boolean;
  /** Whether a person watches what `out` writes, and whether one types what is read. */
  readonly outWatched: boolean;
  readonly inputWatched: boolean;
  /** What is piped in. */
  readInput(): AsyncIterable<Uint8Array>;
  /** A file, piece by piece, or as a whole; its size. They throw what Deno throws. */
  readStream(path: string): AsyncIterable<Uint8Array>;
  readBytes(path: string): Uint8Array<ArrayBuffer>;
  sizeOf(path: string): number;
  /** Writes a file as text. Throws what Deno throws. */
  writeText(path: string, text: string): void;
  /** Writes a file piece by piece. Throws what Deno and the pieces throw. */
  writeStream(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  env(name: string): string | undefined;
  /** The folder of the caller, absolute. */
  readonly folder: string;
  /** Reads a file as text. Throws what Deno throws. */
  readText(path: string): string;
  /** Calls back at each signal; the returned function ends that. */
  onSignal(listener: (signal: Signal) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): never;
}

/** The process that this runs in. `deno task` changes the folder and leaves the caller's in INIT_CWD. */
export function denoTerminal(): Terminal {
  const encoder = new TextEncoder();
  return {
    out: (text) => writeAll(Deno.stdout, encoder.encode(text)),
    err: (text) => writeAll(Deno.stderr, encoder.encode(text)),
    watched: Deno.stderr.isTerminal(),
    outWatched: Deno.stdout.isTerminal(),
    inputWatched: Deno.stdin.isTerminal(),
    readInput: () => Deno.stdin.readable,
    readStream: fileStream,
    readBytes: (path) => Deno.readFileSync(path),
    sizeOf: (path) => Deno.statSync(path).size,
    writeText: (path, text) => Deno.writeTextFileSync(path, text),
    async writeStream(path, pieces) {
      using file = await Deno.open(path, { write: true, create: true, truncate: true });
      for await (const piece of pieces) writeAll(file, piece);
    },
    env: (name) => Deno.env.get(name),
    folder: Deno.env.get("INIT_CWD") ?? Deno.cwd(),
    readText: (path) => Deno.readTextFileSync(path),
    onSignal(listener) {
      const signals: readonly Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
      const heard = signals.map((signal) => [signal, () => listener(signal)] as const);
      for (const [signal, call] of heard) Deno.addSignalListener(signal, call);
      return () => {
        for (const [signal, call] of heard) Deno.removeSignalListener(signal, call);
      };
    },
    exit: (code) => Deno.exit(code),
  };
}

async function* fileStream(path: string): AsyncIterable<Uint8Array> {
  const file = await Deno.open(path);
  yield* file.readable;
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
}

/** A path as the caller meant it. */
export function pathOf(terminal: Terminal, path: string): string {
  return resolve(terminal.folder, path);
}

/** The log on stderr: text for a person who watches, else JSON lines. The token never shows in it. */
export function terminalLog(terminal: Terminal, level: LogLevel): Logger {
  const token = terminal.env("RDX_TOKEN");
  return createLog({
    write: (line) => terminal.err(line),
    level,
    format: terminal.watched ? "text" : "json",
    secrets: token ? [token] : [],
  });
}
