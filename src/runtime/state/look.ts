import { RdxError } from "../../core/errors.ts";
import { FrameBuilder } from "../../core/frame_builder.ts";
import { FrameView } from "../../core/frame.ts";
import type { Column } from "../../core/schema.ts";
import type { Value } from "../../core/value.ts";
import type { LookAnswer, NodeLook, StateFacts } from "../protocol.ts";
import type { Pipeline } from "../pipeline.ts";

/** What somebody wants to see of a table; see StateService. */
export interface LookRequest {
  readonly node: string;
  /** Null: that of the operator's keys. */
  readonly table: string | null;
  /** The values of a key for its columns; throws for those that can be none. Null: the first rows. */
  readonly key: ((columns: readonly Column[], table: string) => readonly Value[]) | null;
  /** With what the operator knows for itself, and the states of its aggregates in place of what these have come to. */
  readonly internal: boolean;
  readonly limit: number;
}

/** Rows of a table of a pipeline that runs. */
export interface LookResult {
  readonly node: string;
  readonly table: string;
  /** The number of the pipeline's order behind which it is so; of first rows that several workers have, the least of theirs. */
  readonly number: number;
  readonly key: readonly Column[];
  readonly columns: readonly Column[];
  readonly rows: readonly { readonly view: FrameView; readonly row: number }[];
  /** There are others. */
  readonly more: boolean;
}

/**
 * Asks the tasks of a pipeline for rows of a table as they are now. Throws RdxError("not_found") for what is not there, with what is, "invalid" for a key that the
 * table does not have, "conflict" when the pipeline ends meanwhile.
 */
export async function lookAt(
  pipeline: Pipeline,
  { node, table, key, internal, limit }: LookRequest,
): Promise<LookResult> {
  const { parts: { pool, id }, plan: { name } } = pipeline;
  const look = lookOf(await pool.stateFacts(id), name, node, table);
  const values = key && key(look.key, look.table), builder = new FrameBuilder(look.key);
  if (values) builder.append(values);
  const columns = internal ? ownColumns(look.columns) : look.shown;
  const question = { node, table: look.table, key: values ? builder.finish() : null, columns, rowsMax: limit };
  const answers = (await pool.look(id, question)).filter((answer): answer is LookAnswer => answer !== null);
  if (answers.length === 0) throw new RdxError("conflict", `Pipeline ${name} is ${pipeline.state}: it keeps nothing`);
  const rows = answers.flatMap(({ frame }) => {
    const view = new FrameView(frame);
    return Array.from({ length: view.rows }, (_, row) => ({ view, row }));
  });
  return {
    node,
    table: look.table,
    number: Math.min(...answers.map(({ number }) => number)),
    key: look.key,
    columns: columns.map((column) => look.columns[column]),
    rows: rows.slice(0, limit),
    more: rows.length > limit || answers.some(({ more }) => more),
  };
}

/** Positions of columns with names of their own: results follow the states that they come from, some under the same name. */
function ownColumns(columns: readonly Column[]): number[] {
  return [...columns.keys()].filter((column) =>
    columns.findIndex(({ name }) => name === columns[column].name) === column
  );
}

/** How the table is looked at. */
function lookOf(
  tasks: readonly (StateFacts | null)[],
  pipeline: string,
  node: string,
  table: string | null,
): NodeLook {
  const all = tasks.reduce(
    (most: readonly NodeLook[], task) => task && task.looks.length > most.length ? task.looks : most,
    [],
  );
  const own = all.filter((look) => look.node === node);
  if (own.length === 0) {
    const nodes = [...new Set(all.map((look) => look.node))].join(", ");
    const there = nodes === "" ? "none of its nodes keeps anything" : `those that keep something are ${nodes}`;
    throw new RdxError("not_found", `Pipeline ${pipeline} has no node ${node} that keeps something: ${there}`);
  }
  const look = table === null ? own[0] : own.find((one) => one.table === table);
  if (look) return look;
  const tables = own.map((one) => one.table).join(", ");
  throw new RdxError(
    "not_found",
    `Node ${node} of pipeline ${pipeline} has no table ${table} to look at: there are ${tables}`,
  );
}
