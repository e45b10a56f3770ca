import type { Digest, HotKey, OperatorState, PipelineStateInfo } from "../runtime/state_service.ts";
import { json, jsonText } from "./answers.ts";
import type { App, ServerContext } from "./context.ts";
import { nameOf, Parameters } from "./parameters.ts";
import { checkpointJson } from "./pipelines.ts";
import { columnsJson } from "./rows.ts";

/** What pipelines keep: below /v1/pipelines/{pipeline}. */
export function stateRoutes(app: App, server: ServerContext): void {
  const { states } = server.engine;
  app.get("/v1/pipelines/:name/state", async (c) => {
    new Parameters(c, []);
    return jsonText(stateText(await states.get(nameOf(c, "pipeline"))));
  });
  app.get("/v1/pipelines/:name/digest", async (c) => {
    const parameters = new Parameters(c, ["offset"]), name = nameOf(c, "pipeline");
    const offset = parameters.text("offset") === null
      ? null
      : parameters.integer("offset", 0, Number.MAX_SAFE_INTEGER, 0);
    return json(digestJson(name, await states.digest(name, offset)));
  });
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
