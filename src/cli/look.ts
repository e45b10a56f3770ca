import { parseExact, writeExact } from "../client/rdx/exact_json.ts";
import { send } from "../client/rdx/http.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { Arguments } from "./flags.ts";
import { serverOf } from "./server.ts";
import type { Terminal } from "./terminal.ts";
import { LOOK_ROWS_MAX } from "../core/limits.ts";

interface Look {
  readonly node: string;
  readonly table: string;
  readonly number: number;
  readonly more: boolean;
  readonly rows: readonly unknown[];
}

/** `rdx state PIPELINE NODE [KEY]`: rows that a node of a pipeline keeps now. */
export async function look(
  args: Arguments,
  terminal: Terminal,
  pipeline: string,
  node: string,
  key: string | undefined,
): Promise<ExitCode> {
  const query = new URLSearchParams(), table = args.text("table"), limit = args.integer("limit", 1, LOOK_ROWS_MAX);
  if (key !== undefined) query.set("key", jsonOf(key));
  if (limit !== undefined) query.set("limit", String(limit));
  if (args.switch("internal")) query.set("internal", "true");
  const path = [pipeline, "state", node, ...(table === undefined ? [] : [table])].map(encodeURIComponent).join("/");
  const answer = await send(serverOf(args.text("server"), terminal), `/v1/pipelines/${path}?${query}`, {});
  const value = parseExact(await answer.text());
  terminal.out(args.switch("json") ?? !terminal.outWatched ? `${writeExact(value)}\n` : lookText(value as Look));
  return EXIT.ok;
}

/** A key that is no JSON is a text, so that words need no quotes. */
function jsonOf(key: string): string {
  try {
    JSON.parse(key);
    return key;
  } catch {
    return JSON.stringify(key);
  }
}

function lookText({ node, table, number, more, rows }: Look): string {
  const count = `${rows.length} ${rows.length === 1 ? "row" : "rows"}${more ? ", and there are more" : ""}`;
  return `${node}, table ${table}, behind number ${number}: ${count}\n${
    rows.map((row) => `  ${writeExact(row)}\n`).join("")
  }`;
}
