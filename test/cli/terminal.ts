import { runCommandLine } from "../../src/cli/command_line.ts";
import type { EngineOptions } from "../../src/cli/engine_options.ts";
import type { Signal, Terminal } from "../../src/cli/terminal.ts";
import { SimEngine } from "../sim/engine.ts";

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly engine: SimEngine;
  /** What the engine was asked for; null: none was. */
  readonly options: EngineOptions | null;
  /** Files that it wrote, by path. */
  readonly written: ReadonlyMap<string, string>;
}

export interface Surroundings {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly watched?: boolean;
  /** What is piped in; absent: a person types. */
  readonly piped?: string;
  readonly engine?: SimEngine;
  /** Gets what was written to stdout so far, and may send signals. */
  readonly onOut?: (text: string, signal: (name: Signal) => void) => void;
}

/** Runs the command line with everything around it simulated; the folder of the caller is /home/me. */
export async function call(args: readonly string[], around: Surroundings = {}): Promise<Called> {
  const engine = around.engine ?? new SimEngine(), listeners = new Set<(signal: Signal) => void>();
  let out = "", err = "", options: EngineOptions | null = null;
  const written = new Map<string, string>();
  const read = (path: string) => {
    const text = around.files?.[path];
    if (text === undefined) throw new Deno.errors.NotFound(`No such file (os error 2): ${path}`);
    return text;
  };
  const terminal: Terminal = {
    out(text) {
      out += text;
      around.onOut?.(out, (name) => queueMicrotask(() => listeners.forEach((listener) => listener(name))));
    },
    err: (text) => void (err += text),
    watched: around.watched ?? false,
    outWatched: false,
    inputWatched: around.piped === undefined,
    readInput: () => oneByOne(around.piped ?? ""),
    readStream: (path) => oneByOne(read(path)),
    readBytes: (path) => new TextEncoder().encode(read(path)),
    sizeOf: (path) => new TextEncoder().encode(read(path)).length,
    writeText: (path, text) => void written.set(path, text),
    async writeStream(path, pieces) {
      let text = "";
      for await (const piece of pieces) text += new TextDecoder().decode(piece);
      written.set(path, text);
    },
    env: (name) => around.env?.[name],
    folder: "/home/me",
    readText: read,
    onSignal(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
  };
  const code = await runCommandLine(args, terminal, (given) => {
    options = given;
    return Promise.resolve(engine);
  });
  return { code, out, err, engine, options, written };
}

/** A text byte by byte, as the slowest pipe gives it. */
async function* oneByOne(text: string): AsyncIterable<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at++) yield await Promise.resolve(bytes.slice(at, at + 1));
}
