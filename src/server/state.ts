import { LOOK_ROWS_DEFAULT, LOOK_ROWS_MAX } from "../core/limits.ts";
import { RowRenderer } from "../core/render.ts";
import type { Digest, HotKey, OperatorState, PipelineStateInfo } from "../runtime/state_service.ts";
import { json, jsonText } from "./answers.ts";
import type { App, Context, ServerContext } from "./context.ts";
import { lookKey } from "./look_key.ts";
import { nameOf, Parameters, RENDERING } from "./parameters.ts";
import { checkpointJson } from "./pipelines.ts";
import { columnsJson } from "./rows.ts";

/** What pipelines keep: below /v1/pipelines/{pipeline}. */
export function stateRoutes(app: App, server: ServerContext): void {
  const { states } = server.engine;
  app.get("/v1/pipelines/:name/state", async (c) => {
    new Parameters(c, []);
    return jsonText(stateText(await states.get(nameOf(c, "pipeline"))));
  });
  app.get("/v1/pipelines/:name/state/:node", (c) => lookAt(c, server));
  app.get("/v1/pipelines/:name/state/:node/:table", (c) => lookAt(c, server));
  app.get("/v1/pipelines/:name/digest", async (c) => {
    const parameters = new Parameters(c, ["offset"]), name = nameOf(c, "pipeline");
    const offset = parameters.text("offset") === null
      ? null
      : parameters.integer("offset", 0, Number.MAX_SAFE_INTEGER, 0);
    return json(digestJson(name, await states.digest(name, offset)));
  });
}

/** Rows of a table of a node, as they are now. */
async function lookAt(c: Context, server: ServerContext): Promise<Response> {
  const pipeline = nameOf(c, "pipeline"), parameters = new Parameters(c, ["key", "limit", "internal", ...RENDERING]);
  const key = parameters.text("key"), rendering = parameters.rendering();
  const result = await server.engine.states.look(pipeline, {
    node: c.req.param("node") ?? "",
    table: c.req.param("table") ?? null,
    key: key === null ? null : (columns, table) => lookKey(key, columns, table),
    internal: parameters.flag("internal"),
    limit: parameters.integer("limit", 1, LOOK_ROWS_MAX, LOOK_ROWS_DEFAULT),
  });
  const { node, table, number, more } = result, renderer = new RowRenderer(result.columns, rendering);
  const head = {
    pipeline,
    node,
    table,
    number,
    key: columnsJson(result.key),
    columns: columnsJson(result.columns),
    more,
  };
  const rows = result.rows.map(({ view, row }) => renderer.row(view, row));
  return jsonText(`${JSON.stringify(head).slice(0, -1)},"rows":[${rows.join()}]}`);
}

/** Keys are JSON already, with numbers that JavaScript may not have. */
function stateText({ pipeline, state, numbers, operators, checkpoint, checkpoints }: PipelineStateInfo): string {
  const head = { pipeline, state, numbers, checkpoint: checkpoint && checkpointJson(checkpoint), checkpoints };
  return `${JSON.stringify(head).slice(0, -1)},"operators":[${operators.map(operatorText).join()}]}`;
}

function operatorText({ node, op, keys, ttlMs, rows, bytes, cold, tasks, tables, hot }: OperatorState): string {
  const head = {
    node,
    op,
    keys,
    ttl_ms: ttlMs,
    ...keptJson({ rows, bytes, cold }),
    tasks: tasks.map((task) => task && keptJson(task)),
    tables: tables.map(({ columns, ...table }) => ({ ...table, columns: columnsJson(columns) })),
  };
  const inputs = hot.map((input) =>
    `{"samples":${input.samples},"keys":[${input.keys.map((one) => hotText(one, input.samples)).join()}]}`
  );
  return `${JSON.stringify(head).slice(0, -1)},"hot":[${inputs.join()}]}`;
}

function keptJson({ rows, bytes, cold }: Pick<OperatorState, "rows" | "bytes" | "cold">) {
  return { rows, bytes, evicted_rows: cold.rows, cold_bytes: cold.bytes, cold_reads: cold.reads };
}

function hotText({ key, samples }: HotKey, of: number): string {
  return `{"key":${key},"share":${of === 0 ? 0 : Math.min(1, samples / of)}}`;
}

function digestJson(pipeline: string, { number, digest, tables }: Digest) {
  return { pipeline, offset: number, digest, tables };
}
