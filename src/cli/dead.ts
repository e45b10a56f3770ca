import { parseExact, writeExact } from "../client/rdx/exact_json.ts";
import { send } from "../client/rdx/http.ts";
import { RdxError } from "../core/errors.ts";
import { DEAD_IDS_MAX, RETRY_AFTER_SECONDS } from "../core/limits.ts";
import { nearest } from "../core/nearest.ts";
import { NAME_PATTERN } from "../core/schema.ts";
import { EXIT, type ExitCode, usage } from "./exit.ts";
import type { Arguments } from "./flags.ts";
import { serverOf } from "./server.ts";
import type { Terminal } from "./terminal.ts";

const ACTIONS = ["list", "reasons", "replay", "discard"] as const;
const LIMIT_DEFAULT = 100, PAGE_ROWS = 1000;
/** Times that a server which has no room is asked. */
const BUSY_TRIES_MAX = 60;
/** Characters of a row that a line on a terminal shows. */
const SHOWN_CHARS = 160;

type Row = Readonly<Record<string, unknown>>;

/** What a call is about. */
interface Call {
  readonly args: Arguments;
  readonly terminal: Terminal;
  readonly json: boolean;
  /** Asks the server below the stream's dead rows. */
  ask(method: "GET" | "POST", path: string, more?: Readonly<Record<string, string | number>>): Promise<Row>;
}

/** `rdx dead`: the dead rows of a stream of a running server. */
export async function dead(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const [action, stream, ...others] = args.positionals;
  const known = ACTIONS.find((one) => one === action);
  if (known === undefined || stream === undefined || others.length > 0) {
    const near = action === undefined || known ? null : nearest(action, [...ACTIONS]);
    const hint = near ? `did you mean rdx dead ${near}?` : "rdx dead list STREAM, or reasons, replay or discard";
    throw usage(`rdx dead takes what to do and one stream: ${hint}`);
  }
  if (!NAME_PATTERN.test(stream)) throw usage(`${JSON.stringify(stream)} is no name for a stream`);
  const call = callOf(args, terminal, stream);
  if (known === "list") return await list(call);
  if (known === "reasons") return await reasons(call);
  return known === "replay" ? await replay(call) : await discard(call);
}

function callOf(args: Arguments, terminal: Terminal, stream: string): Call {
  const server = serverOf(args.text("server"), terminal), filter = filterOf(args), ids = idsOf(args);
  return {
    args,
    terminal,
    json: args.switch("json") ?? !terminal.outWatched,
    async ask(method, path, more = {}) {
      const query = new URLSearchParams({ ...filter, ...more } as Record<string, string>).toString();
      const init = method === "POST" && ids
        ? { headers: { "content-type": "application/json" }, body: JSON.stringify({ ids }) }
        : {};
      const at = `/v1/streams/${stream}/dead${path}${query === "" ? "" : `?${query}`}`;
      return parseExact(await (await whenThereIsRoom(() => send(server, at, { method, ...init }))).text()) as Row;
    },
  };
}

/** A stream that is full takes more once its pipelines have gone on. */
async function whenThereIsRoom(ask: () => Promise<Response>): Promise<Response> {
  for (let tries = 1;; tries++) {
    try {
      return await ask();
    } catch (thrown) {
      if (!(thrown instanceof RdxError) || thrown.code !== "busy" || tries === BUSY_TRIES_MAX) throw thrown;
      const waitMs = Number(thrown.extra.retryMs ?? RETRY_AFTER_SECONDS * 1000);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

function filterOf(args: Arguments): Record<string, string> {
  const names = ["reason", "field", "pipeline", "from", "to", "offset-from", "offset-to"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = args.text(name);
    return value === undefined ? [] : [[name.replace("-", "_"), value]];
  }));
}

function idsOf(args: Arguments): number[] | null {
  const text = args.text("ids");
  if (text === undefined) return null;
  const ids = text.split(",").map((part) => /^\s*\d{1,15}\s*$/.test(part) ? Number(part) : NaN);
  if (ids.some(Number.isNaN) || ids.length > DEAD_IDS_MAX) {
    throw usage(
      `--ids is ${JSON.stringify(text.slice(0, 200))}: expected up to ${DEAD_IDS_MAX} ids with commas between`,
    );
  }
  return ids;
}

/** Pages, until there are as many rows as were asked for. */
async function list({ args, terminal, json, ask }: Call): Promise<ExitCode> {
  if (args.text("ids") !== undefined) throw usage("rdx dead list takes no --ids: it is what tells them");
  const order = args.choice("order", ["newest", "oldest"], "newest"), raw = json ? "whole" : "begin";
  let left = args.integer("limit", 0, Number.MAX_SAFE_INTEGER) ?? LIMIT_DEFAULT, cursor: unknown = null, shown = 0;
  while (left > 0) {
    const more = {
      order,
      raw,
      limit: Math.min(left, PAGE_ROWS),
      ...(cursor === null ? {} : { cursor: String(cursor) }),
    };
    const { rows, next } = await ask("GET", "", more) as { rows: Row[]; next: unknown };
    for (const row of rows) terminal.out(json ? `${writeExact(row)}\n` : rowText(row));
    shown += rows.length;
    left -= rows.length;
    cursor = next;
    if (next === null) break;
  }
  if (shown === 0 && !json) terminal.out("There are no dead rows\n");
  else if (cursor !== null) terminal.err("rdx: there are more: --limit shows them\n");
  return EXIT.ok;
}

function rowText({ id, ts, reason, field, line, raw, attempts, retry_at: retryAt, pipeline }: Row): string {
  const facts = [
    `line ${line}`,
    ...(field === null ? [] : [`field ${field}`]),
    ...(pipeline === null ? [] : [`left out by ${pipeline}`]),
    ...(attempts === 0 ? [] : [`tried again ${attempts === 1 ? "once" : `${attempts} times`}`]),
    ...(retryAt === null ? [] : [`next try ${retryAt}`]),
  ];
  const text = String(raw).replace(/\s+/g, " ");
  const cut = text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
  return `${id}  ${ts}  ${reason} (${facts.join(", ")})\n    ${cut}\n`;
}

async function reasons({ terminal, json, ask }: Call): Promise<ExitCode> {
  const answer = await ask("GET", "/reasons") as { rows: number; complete: boolean; reasons: Row[] };
  if (json) terminal.out(`${writeExact(answer)}\n`);
  else {
    for (const { rows, reason, field } of answer.reasons) {
      terminal.out(`${String(rows).padStart(8)}  ${reason}${field === null ? "" : ` (field ${field})`}\n`);
    }
    terminal.out(`${String(answer.rows).padStart(8)}  in all${answer.complete ? "" : ", of the newest"}\n`);
  }
  return EXIT.ok;
}

/** Asks until nothing is left; rows that failed again are told, and are an exit of bad input. */
async function replay({ terminal, json, ask }: Call): Promise<ExitCode> {
  let replayed = 0, failed = 0, skipped = 0, before: Readonly<Record<string, number>> = {};
  const errors: Row[] = [];
  for (let more = true; more;) {
    const answer = await ask("POST", "/replay", before) as {
      replayed: number;
      failed: number;
      skipped: number;
      more: boolean;
      before: number;
      errors: Row[];
    };
    replayed += answer.replayed;
    failed += answer.failed;
    // Those that were skipped are met again by the next call.
    skipped = answer.skipped;
    if (errors.length === 0) errors.push(...answer.errors);
    more = answer.more;
    before = { before: answer.before };
  }
  if (json) terminal.out(`${writeExact({ replayed, failed, skipped, errors })}\n`);
  else {
    terminal.out(`${replayed} replayed, ${failed} failed again\n`);
    for (const { id, field, reason } of errors) terminal.err(`  ${id}${field ? `, field ${field}` : ""}: ${reason}\n`);
  }
  if (skipped > 0) {
    terminal.err(
      `rdx: ${skipped} are in the stream already, and others read it: --pipeline puts them there once more\n`,
    );
  }
  return failed > 0 ? EXIT.badInput : EXIT.ok;
}

async function discard({ args, terminal, json, ask }: Call): Promise<ExitCode> {
  const chosen = args.text("ids") !== undefined || Object.keys(filterOf(args)).length > 0;
  if (!chosen && !args.switch("yes")) throw usage("rdx dead discard without a filter ends all of them: say --yes");
  const answer = await ask("POST", "/discard");
  terminal.out(json ? `${writeExact(answer)}\n` : `${answer.discarded} discarded\n`);
  return EXIT.ok;
}
