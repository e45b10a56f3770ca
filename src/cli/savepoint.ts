import type { Address } from "../client/rdx/address.ts";
import { send } from "../client/rdx/http.ts";
import { reasonOf } from "../core/errors.ts";
import { CommandError, EXIT, type ExitCode, usage } from "./exit.ts";
import type { Arguments } from "./flags.ts";
import { serverOf } from "./server.ts";
import { pathOf, type Terminal } from "./terminal.ts";

type Run = (call: Called) => Promise<ExitCode>;

interface Called {
  readonly args: Arguments;
  readonly terminal: Terminal;
  readonly server: Address;
  /** `/v1/pipelines/NAME`. */
  readonly at: string;
  readonly pipeline: string;
  /** What stands behind the pipeline. */
  readonly rest: readonly string[];
}

const ACTIONS: Readonly<Record<string, { readonly run: Run; readonly takes: string; readonly most: number }>> = {
  take: { run: take, takes: "PIPELINE NAME", most: 1 },
  list: { run: list, takes: "PIPELINE", most: 0 },
  export: { run: exportFile, takes: "PIPELINE FILE [--name NAME]", most: 1 },
  import: { run: importFile, takes: "PIPELINE FILE [--start WHERE] [--plan WHICH]", most: 1 },
  delete: { run: remove, takes: "PIPELINE NAME", most: 1 },
};

/** `rdx savepoint`: savepoints of pipelines of a running server. */
export async function savepoint(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const [action = "", pipeline, ...rest] = args.positionals;
  if (!Object.hasOwn(ACTIONS, action)) {
    throw usage(
      `rdx savepoint takes one of ${Object.keys(ACTIONS).join(", ")}: rdx savepoint take traffic before-upgrade`,
    );
  }
  const { run, takes, most } = ACTIONS[action];
  if (pipeline === undefined || rest.length !== most) throw usage(`rdx savepoint ${action} takes ${takes}`);
  const server = serverOf(args.text("server"), terminal);
  return await run({ args, terminal, server, at: `/v1/pipelines/${encodeURIComponent(pipeline)}`, pipeline, rest });
}

interface Info {
  readonly name: string;
  readonly number: number;
  readonly taken_at: string;
  readonly bytes: number;
}

async function take({ terminal, server, at, rest: [name] }: Called): Promise<ExitCode> {
  const answer = await send(server, `${at}/savepoints/${encodeURIComponent(name)}`, { method: "POST" });
  terminal.out(lineOf(await answer.json()));
  return EXIT.ok;
}

async function list({ terminal, server, at }: Called): Promise<ExitCode> {
  const { savepoints } = await (await send(server, `${at}/savepoints`)).json() as { savepoints: Info[] };
  for (const info of savepoints) terminal.out(lineOf(info));
  return EXIT.ok;
}

function lineOf({ name, number, taken_at, bytes }: Info): string {
  return `${name}\t${number < 0 ? "damaged" : `after ${number}`}\t${taken_at}\t${bytes} bytes\n`;
}

async function exportFile({ args, terminal, server, at, pipeline, rest: [file] }: Called): Promise<ExitCode> {
  const name = args.text("name"), query = name === undefined ? "" : `?name=${encodeURIComponent(name)}`;
  const answer = await send(server, `${at}/savepoint${query}`),
    length = Number(answer.headers.get("content-length"));
  const progress = new Progress(terminal, args.switch("quiet") ?? false, `exporting ${pipeline}`, length || null);
  try {
    await terminal.writeStream(pathOf(terminal, file), progress.follow(answer.body ?? new ReadableStream()));
  } catch (thrown) {
    throw new CommandError(EXIT.failure, `Cannot write ${file}: ${reasonOf(thrown)}`);
  }
  return progress.finish(`${pipeline} is in ${file}`);
}

async function importFile({ args, terminal, server, at, pipeline, rest: [file] }: Called): Promise<ExitCode> {
  const start = args.choice("start", ["saved", "earliest", "latest"], "saved"), path = pathOf(terminal, file);
  const progress = new Progress(
    terminal,
    args.switch("quiet") ?? false,
    `importing ${file}`,
    sizeOf(terminal, path, file),
  );
  const body = ReadableStream.from(progress.follow(terminal.readStream(path)));
  const plan = args.choice("plan", ["saved", "deployed"], "saved");
  await send(server, `${at}/savepoint?start=${start}&plan=${plan}`, { method: "PUT", body });
  return progress.finish(`${pipeline} runs from ${file}`);
}

function sizeOf(terminal: Terminal, path: string, file: string): number {
  try {
    return terminal.sizeOf(path);
  } catch (thrown) {
    throw new CommandError(EXIT.missingFile, `Cannot read ${file}: ${reasonOf(thrown)}`);
  }
}

async function remove({ server, at, rest: [name] }: Called): Promise<ExitCode> {
  await send(server, `${at}/savepoints/${encodeURIComponent(name)}`, { method: "DELETE" });
  return EXIT.ok;
}

/** How much of a file has gone by, for a person who watches. */
class Progress {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  readonly #what: string;
  readonly #bytes: number | null;
  #done = 0;
  #shown = "";

  constructor(terminal: Terminal, quiet: boolean, what: string, bytes: number | null) {
    this.#terminal = terminal;
    this.#quiet = quiet;
    this.#what = what;
    this.#bytes = bytes;
  }

  async *follow(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      yield piece;
      this.#done += piece.length;
      this.#show();
    }
  }

  #show(): void {
    if (this.#quiet || !this.#terminal.watched) return;
    const part = this.#bytes === null ? "" : ` of ${(this.#bytes / 1e6).toFixed(1)}`;
    const text = `${this.#what}: ${(this.#done / 1e6).toFixed(1)}${part} MB`;
    if (text !== this.#shown) this.#terminal.err(`\r${text}`);
    this.#shown = text;
  }

  finish(what: string): ExitCode {
    if (this.#shown !== "") this.#terminal.err("\n");
    if (!this.#quiet) this.#terminal.err(`${what}, ${this.#done} bytes\n`);
    return EXIT.ok;
  }
}
