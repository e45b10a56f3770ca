import { parseExact, writeExact } from "../client/rdx/exact_json.ts";
import { send } from "../client/rdx/http.ts";
import { NAME_PATTERN } from "../core/schema.ts";
import { EXIT, type ExitCode, usage } from "./exit.ts";
import type { Arguments } from "./flags.ts";
import { look } from "./look.ts";
import { serverOf } from "./server.ts";
import type { Terminal } from "./terminal.ts";

/** Hot keys that are shown of an input of an operator. */
const KEYS_SHOWN_MAX = 5;

interface Operator {
  readonly node: string;
  readonly op: string;
  readonly rows: number;
  readonly bytes: number;
  readonly tasks: readonly ({ readonly rows: number; readonly bytes: number } | null)[];
  readonly hot: readonly { readonly keys: readonly { readonly key: unknown; readonly share: number }[] }[];
}

interface State {
  readonly pipeline: string;
  readonly state: string;
  readonly checkpoint: { readonly number: number | null; readonly taken_at: string | null } | null;
  readonly operators: readonly Operator[];
}

/** Flags that say something of rows of a node. */
const OF_ROWS = ["table", "limit", "internal"] as const;

/** `rdx state`: what a pipeline of a running server keeps, what that comes to, or rows of a node. */
export async function state(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const [pipeline, node, key, ...others] = args.positionals;
  if (pipeline === undefined || others.length > 0) {
    throw usage("rdx state takes a pipeline, and what to look at in it: rdx state PIPELINE [NODE [KEY]]");
  }
  if (!NAME_PATTERN.test(pipeline)) throw usage(`${JSON.stringify(pipeline)} is no name for a pipeline`);
  const digest = args.switch("digest"), offset = args.integer("offset", 0, Number.MAX_SAFE_INTEGER);
  if (node !== undefined) {
    if (digest) throw usage("--digest is of all that a pipeline keeps, not of a node");
    return await look(args, terminal, pipeline, node, key);
  }
  const flag = OF_ROWS.find((name) => args.all(name).length > 0);
  if (flag) throw usage(`--${flag} is for rows of a node: rdx state PIPELINE NODE`);
  if (offset !== undefined && !digest) throw usage("--offset says of what the digest is: it needs --digest");
  const path = digest ? `digest${offset === undefined ? "" : `?offset=${offset}`}` : "state";
  const answer = await send(serverOf(args.text("server"), terminal), `/v1/pipelines/${pipeline}/${path}`, {});
  const value = parseExact(await answer.text());
  if (args.switch("json") ?? !terminal.outWatched) terminal.out(`${writeExact(value)}\n`);
  else if (digest) terminal.out(digestText(value as { digest: string; offset: number }));
  else terminal.out(stateText(value as State));
  return EXIT.ok;
}

function digestText({ digest, offset }: { digest: string; offset: number }): string {
  return `${digest}  behind number ${offset}\n`;
}

function stateText({ pipeline, state, checkpoint, operators }: State): string {
  const taken = checkpoint && checkpoint.number !== null
    ? `, last checkpoint behind number ${checkpoint.number} at ${checkpoint.taken_at}`
    : "";
  return `${pipeline} is ${state}${taken}\n${operators.map(operatorText).join("")}`;
}

function operatorText({ node, op, rows, bytes, tasks, hot }: Operator): string {
  const each = tasks.map((task) => task === null ? "–" : String(task.rows)).join(", ");
  const keys = hot.flatMap((input) => input.keys.slice(0, KEYS_SHOWN_MAX)).map(({ key, share }) =>
    `    ${String(Math.round(share * 100)).padStart(3)} %  ${writeExact(key)}\n`
  );
  return `  ${node} (${op}): ${rows} rows, ${bytes} bytes, rows by worker ${each}\n${keys.join("")}`;
}
