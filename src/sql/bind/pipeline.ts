import { nearest } from "../../core/nearest.ts";
import type { Catalog, Plan, SinkOptions } from "../../plan/mod.ts";
import { PLAN_VERSION } from "../../plan/plan.ts";
import type * as ast from "../ast.ts";
import { allAggregates } from "./aggregate_functions.ts";
import type { BoundQuery, Context } from "./context.ts";
import { byName, ScriptNames } from "./names.ts";
import { NodeMaker } from "./nodes.ts";
import { PlanWriter } from "./plan_writer.ts";
import { bindQuery } from "./query.ts";
import { bindLone } from "./select.ts";
import { dropUnusedNumbers } from "./rank_number.ts";
import type { Report } from "./report.ts";
import { quoted } from "./scope.ts";
import { nameText, type Output, type Script } from "./script.ts";
import { asRowsOf, sinkOf, writeTo } from "./sink_node.ts";
import type { UserFunctions } from "./user_function.ts";
import { type Places, ValueMaker } from "./value.ts";
import type { Settings } from "./context.ts";

/** A pipeline as it was written, with the way back from its plan to the text. */
export interface WrittenPipeline {
  readonly plan: Plan;
  readonly writer: PlanWriter;
}

export interface PipelineRequest {
  readonly name: string;
  readonly outputs: readonly Output[];
  readonly settings: Settings;
  /** What the script has declared up to here. */
  readonly functions: UserFunctions;
  /** Where a query goes that names no sink; null: nowhere. */
  readonly sink: SinkOptions | null;
}

/** What all pipelines of a script are bound with. */
export interface Workshop {
  readonly script: Script;
  readonly catalog: Catalog;
  readonly report: Report;
  readonly places: Places;
}

export function contextOf(
  { script, catalog, report, places }: Workshop,
  settings: Settings,
  functions: UserFunctions,
): Context & { readonly names: ScriptNames } {
  const values = new ValueMaker(report, places, functions);
  return {
    report,
    values,
    nodes: new NodeMaker(new PlanWriter(places), values),
    catalog,
    settings,
    names: new ScriptNames(script),
    aggregates: allAggregates(catalog),
    outer: null,
    depth: 0,
    query: bindQuery,
    lone: bindLone,
  };
}

/** Binds a pipeline; null with problems. */
export function bindPipeline(request: PipelineRequest, workshop: Workshop): WrittenPipeline | null {
  const context = contextOf(workshop, request.settings, request.functions);
  const views = new Set<string>();
  let sound = true;
  for (const output of request.outputs) if (!bindOutput(output, request, views, workshop, context)) sound = false;
  if (!sound) return null;
  const writer = context.nodes.plan;
  dropUnusedNumbers(writer);
  // The nodes are what compilePlan reads and checks; their types are those of the plan's JSON.
  const plan: Plan = {
    rdx: PLAN_VERSION,
    name: request.name,
    nodes: writer.nodes as readonly unknown[] as Plan["nodes"],
  };
  return { plan, writer };
}

function bindOutput(
  output: Output,
  { sink, name }: PipelineRequest,
  views: Set<string>,
  { script }: Workshop,
  context: Context & { readonly names: ScriptNames },
): boolean {
  const { report } = context, { at } = output;
  switch (output.kind) {
    case "view": {
      const bound = output.view ? context.names.view(output.view, context) : bindQuery(output.query, context);
      return bound !== null && writeTo({ kind: "view", name: output.name }, bound, at, context);
    }
    case "query": {
      const bound = bindQuery(output.query, context);
      if (bound === null) return false;
      if (sink === null) {
        report.add(
          at,
          "The rows of this query go nowhere",
          "Write INSERT INTO t SELECT …, or CREATE MATERIALIZED VIEW v AS SELECT …",
        );
        return false;
      }
      return writeTo(free(sink, name, views), bound, at, context);
    }
    case "insert":
      return bindInsert(output.insert, script, context);
  }
}

/** Each query of a script has a view of its own. */
function free(sink: SinkOptions, name: string, views: Set<string>): SinkOptions {
  if (sink.kind !== "view") return sink;
  const wanted = typeof sink.name === "string" ? sink.name : name;
  let free = wanted;
  for (let number = 2; views.has(free); number++) free = `${wanted}_${number}`;
  views.add(free);
  return { ...sink, name: free };
}

function bindInsert(insert: ast.Insert, { tables, views }: Script, context: Context): boolean {
  const { report, catalog } = context, { into } = insert, text = nameText(into);
  const isQuoted = into.parts.some((part) => part.quoted), table = byName(tables, text, isQuoted);
  const bound: BoundQuery | null = bindQuery(insert.query, context);
  if (table === null) {
    const near = nearest(text, tables.keys());
    if (byName(views, text, isQuoted)) {
      report.add(into.at, `${text} is a view: its rows are those of its query`, "Write CREATE MATERIALIZED VIEW");
    } else if (catalog.stream(text)) {
      report.add(into.at, `Cannot write to the stream ${text}`, "Write to a table WITH ('connector' = 'view')");
    } else {
      const create = `Declare it: CREATE TABLE ${quoted(text)} (…) WITH ('connector' = 'view')`;
      report.add(into.at, `Unknown table ${text}`, near ? `Did you mean ${quoted(near)}?` : create);
    }
    return false;
  }
  const sink = sinkOf(table, into.at, context), rows = bound && asRowsOf(table, insert, bound, context);
  return sink !== null && rows !== null && writeTo(sink, rows, insert.at, context);
}
