import { nearest } from "../../core/nearest.ts";
import type { Catalog, Plan, SinkOptions } from "../../plan/mod.ts";
import { PLAN_VERSION } from "../../plan/plan.ts";
import type * as ast from "../ast.ts";
import { allAggregates } from "./aggregate_functions.ts";
import type { BoundQuery, Context } from "./context.ts";
import { byName, ScriptNames } from "./names.ts";
import { NodeMaker } from "./nodes.ts";
import { PlanWriter } from "./plan_writer.ts";
import { bindQuery, bindResult } from "./query.ts";
import { bindLone } from "./select.ts";
import { dropUnusedNumbers } from "./rank_number.ts";
import type { Report } from "./report.ts";
import { quoted } from "./scope.ts";
import { nameText, type Output, type Script } from "./script.ts";
import { asRowsOf, writeTo } from "./sink_node.ts";
import { sinkOf } from "./sink_options.ts";
import type { UserFunctions } from "./user_function.ts";
import { type Places, ValueMaker } from "./value.ts";
import type { Settings } from "./context.ts";

/** A pipeline as it was written, with the way back from its plan to the text. */
export interface WrittenPipeline {
  readonly plan: Plan;
  readonly writer: PlanWriter;
  /** Of its queries, in order. */
  readonly results: readonly Result[];
}

/** What becomes of a query's rows. */
export interface Result {
  readonly sink: SinkOptions;
  /** Columns at the end of what the sink gets that are there to be sorted by. */
  readonly hidden: number;
  /** Rows that are left out in front. */
  readonly offset: number;
  /** How many of the rows behind them are wanted; null: all. */
  readonly limit: number | null;
}

export interface PipelineRequest {
  readonly name: string;
  readonly outputs: readonly Output[];
  readonly settings: Settings;
  /** What the script has declared up to here. */
  readonly functions: UserFunctions;
  /** Where a query goes that names no sink; null: nowhere. */
  readonly sink: SinkOptions | null;
  /** Who reads the results of its queries does so when they are whole. */
  readonly whole: boolean;
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
  whole: boolean,
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
    whole,
    query: bindQuery,
    result: (query, context) => bindResult(query, "view", context),
    lone: bindLone,
  };
}

/** Binds a pipeline; null with problems. */
export function bindPipeline(request: PipelineRequest, workshop: Workshop): WrittenPipeline | null {
  const context = contextOf(workshop, request.settings, request.whole, request.functions);
  const views = new Set<string>(), results: Result[] = [];
  let sound = true;
  for (const output of request.outputs) {
    const bound = bindOutput(output, request, views, workshop, context);
    if (bound === null) sound = false;
    else if (output.kind === "query") results.push(bound);
  }
  if (!sound) return null;
  const writer = context.nodes.plan;
  writer.dropReplaced();
  dropUnusedNumbers(writer);
  // The nodes are what compilePlan reads and checks; their types are those of the plan's JSON.
  const plan: Plan = {
    rdx: PLAN_VERSION,
    name: request.name,
    nodes: writer.nodes as readonly unknown[] as Plan["nodes"],
  };
  return { plan, writer, results };
}

function bindOutput(
  output: Output,
  { sink, name, whole }: PipelineRequest,
  views: Set<string>,
  { script }: Workshop,
  context: Context & { readonly names: ScriptNames },
): Result | null {
  const { report } = context, { at } = output;
  switch (output.kind) {
    case "view": {
      const bound = output.view ? context.names.view(output.view, context) : bindResult(output.query, "view", context);
      return bound && resultIn({ kind: "view", name: output.name }, bound, at, context);
    }
    case "query": {
      const bound = bindResult(output.query, whole ? "whole" : "view", context);
      if (bound === null) return null;
      if (sink === null) {
        report.add(
          at,
          "The rows of this query go nowhere",
          "Write INSERT INTO t SELECT …, or CREATE MATERIALIZED VIEW v AS SELECT …",
        );
        return null;
      }
      return resultIn(free(sink, name, views), bound, at, context);
    }
    case "insert":
      return bindInsert(output.insert, script, context);
  }
}

function resultIn(sink: SinkOptions, bound: BoundQuery, at: ast.Span, context: Context): Result | null {
  const written = writeTo(sink, bound, at, context), { offset = 0, limit = null } = bound.result ?? {};
  return written && { ...written, offset, limit };
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

function bindInsert(insert: ast.Insert, { tables, views }: Script, context: Context): Result | null {
  const { report, catalog } = context, { into } = insert, text = nameText(into);
  const isQuoted = into.parts.some((part) => part.quoted), table = byName(tables, text, isQuoted);
  const bound: BoundQuery | null = bindResult(insert.query, "view", context);
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
    return null;
  }
  const sink = sinkOf(table, into.at, context), rows = bound && asRowsOf(table, insert, bound, context);
  return sink && rows && resultIn(sink, rows, insert.at, context);
}
