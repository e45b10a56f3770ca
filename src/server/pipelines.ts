import { PLAN_BYTES_MAX, SQL_BYTES_MAX } from "../core/limits.ts";
import type { CheckpointStatus } from "../runtime/checkpoint/checkpoints.ts";
import type { PartitionInfo, PipelineFlow, PipelineInfo } from "../runtime/service.ts";
import { acceptsJson, json, plainText } from "./answers.ts";
import { readJson, readText } from "./body.ts";
import { isSql, requireJson, SQL_TYPE } from "./content_type.ts";
import type { App, Context, ServerContext } from "./context.ts";
import { nameOf, Parameters, parseStart } from "./parameters.ts";
import { watermarkJson } from "./rows.ts";
import { deploySql, explainSql } from "./sql.ts";

/** Everything below /v1/pipelines, and /v1/explain. */
export function pipelineRoutes(app: App, server: ServerContext): void {
  const { pipelines } = server.engine;
  app.get("/v1/pipelines", (c) => {
    new Parameters(c, []);
    return json({ pipelines: pipelines.list().map(pipelineJson) });
  });
  app.get("/v1/pipelines/:name", (c) => {
    new Parameters(c, []);
    return json(withPlan(pipelines.get(nameOf(c, "pipeline"))));
  });
  app.put("/v1/pipelines/:name", async (c) => {
    const name = nameOf(c, "pipeline"), parameters = new Parameters(c, ["start", "state"]);
    const start = parseStart("Parameter start", parameters.text("start") ?? "earliest");
    const state = parameters.choice("state", ["keep", "fresh"], "keep");
    const how = { start, state }, { engine } = server;
    const { created, pipeline, notes } = isSql(c.req.raw)
      ? await deploySql(engine, name, await readText(c.req.raw, server, SQL_BYTES_MAX), how)
      : await pipelines.put(name, await readPlan(c, server), how);
    return json({ ...withPlan(pipeline), notes }, created ? 201 : 200);
  });
  app.delete("/v1/pipelines/:name", async (c) => {
    new Parameters(c, []);
    await pipelines.delete(nameOf(c, "pipeline"));
    return new Response(null, { status: 204 });
  });
  app.get("/v1/pipelines/:name/flow", async (c) => {
    new Parameters(c, []);
    return json(flowJson(await pipelines.flow(nameOf(c, "pipeline"))));
  });
  app.get("/v1/pipelines/:name/explain", (c) => {
    new Parameters(c, []);
    return explanation(c, pipelines.explain(nameOf(c, "pipeline")));
  });
  app.post("/v1/explain", async (c) => {
    new Parameters(c, []);
    if (!isSql(c.req.raw)) return explanation(c, pipelines.explainPlan(await readPlan(c, server)));
    return explanation(c, explainSql(server.engine, await readText(c.req.raw, server, SQL_BYTES_MAX)));
  });
}

/** The plan in a body. */
export function readPlan(c: Context, server: ServerContext): Promise<unknown> {
  requireJson(c.req.raw, `A plan (a script of SQL is ${SQL_TYPE})`);
  return readJson(c.req.raw, server, PLAN_BYTES_MAX);
}

/** Text for people, unless the request asks for JSON and not for any type. */
function explanation(c: Context, { text, json: value }: { text: string; json: unknown }): Response {
  const answer = acceptsJson(c) ? json(value) : plainText(text.endsWith("\n") ? text : `${text}\n`);
  answer.headers.set("vary", "accept");
  return answer;
}

/** A pipeline as it is shown by itself. */
export function withPlan(pipeline: PipelineInfo) {
  return { ...pipelineJson(pipeline), plan: pipeline.plan, sql: pipeline.sql };
}

function pipelineJson(pipeline: Omit<PipelineInfo, "plan" | "sql">) {
  return {
    name: pipeline.name,
    state: pipeline.state,
    reason: pipeline.reason,
    sources: pipeline.sources,
    partitions: pipeline.partitions.map(partitionJson),
    sinks: pipeline.sinks,
    watermark: watermarkJson(pipeline.watermark),
    rows_in: pipeline.rowsIn,
    rows_out: pipeline.rowsOut,
    late_rows: pipeline.lateRows,
    dead_rows: pipeline.deadRows,
    errors: pipeline.errors,
    quarantined: pipeline.quarantined.map(({ atMs, ...chunk }) => ({ ...chunk, at: new Date(atMs).toISOString() })),
    function_errors: pipeline.functionErrors,
    rows_in_per_second: pipeline.rowsInPerSecond,
    rows_out_per_second: pipeline.rowsOutPerSecond,
    latency_ms: pipeline.latencyMs,
    lag_rows: pipeline.lagRows,
    state_rows: pipeline.stateRows,
    state_bytes: pipeline.stateBytes,
    evicted_rows: pipeline.cold.rows,
    cold_bytes: pipeline.cold.bytes,
    cold_reads: pipeline.cold.reads,
    checkpoint: pipeline.checkpoint && checkpointJson(pipeline.checkpoint),
    progress: pipeline.progress,
    tasks: pipeline.tasks,
  };
}

function partitionJson({ source, stream, partition, position, watermark, idle, lagRows }: PartitionInfo) {
  return { source, stream, partition, position, watermark: watermarkJson(watermark), idle, lag_rows: lagRows };
}

/** A checkpoint as answers write it. */
export function checkpointJson(
  { number, takenMs, bytes, seconds, stoodSeconds, restored, passedOver, problem }: CheckpointStatus,
) {
  const taken_at = takenMs === null ? null : new Date(takenMs).toISOString();
  return { number, taken_at, bytes, seconds, stood_seconds: stoodSeconds, restored, passed_over: passedOver, problem };
}

function flowJson({ name, state, reason, nodes, edges }: PipelineFlow) {
  return {
    pipeline: name,
    state,
    reason,
    nodes,
    edges: edges.map(({ from, to, rows, rowsPerSecond, watermark, queueRows }) => ({
      from,
      to,
      rows,
      rows_per_second: rowsPerSecond,
      watermark: watermarkJson(watermark),
      queue_rows: queueRows,
    })),
  };
}
