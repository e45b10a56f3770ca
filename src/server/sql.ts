import { RdxError } from "../core/errors.ts";
import { FUTURE_SKEW_MS } from "../core/limits.ts";
import type { Deployment, EngineService, PipelineInfo } from "../runtime/service.ts";
import {
  catalogWith,
  type CompiledSql,
  compileSqlOrThrow,
  describeProblem,
  type SqlOptions,
  type SqlPipeline,
} from "../sql/mod.ts";

/** How a script is deployed. */
export interface DeployOptions extends SqlOptions, Deployment {}

/**
 * Compiles a script against what there is. Throws RdxError("invalid_plan") with every problem's line and column as a detail, also for
 * what a deployment cannot do.
 */
export function compileScript(engine: EngineService, text: string, options: SqlOptions): CompiledSql {
  const compiled = compileSqlOrThrow(text, engine.pipelines.catalog, options);
  const names = new Set([...engine.streams.list(), ...engine.views.list()].map(({ name }) => name));
  const drop = compiled.drops.find(({ name, ifExists }) => !ifExists || names.has(name));
  if (drop) {
    throw new RdxError(
      "invalid_plan",
      `Cannot drop ${drop.what} ${drop.name} from here: DELETE /v1/streams/${drop.name} removes a stream, DELETE /v1/pipelines/{name} what writes a view`,
    );
  }
  return compiled;
}

/** The name of a script that is explained and not deployed. */
const EXPLAINED = "query";

/**
 * How the pipeline that a script is would work, over the streams that it declares too, behind what of it has no effect; nothing is
 * made. Throws as `compileScript` does.
 */
export function explainSql(engine: EngineService, text: string): { text: string; json: unknown } {
  const { pipelines, explained, streams, notes } = compileScript(engine, text, { name: EXPLAINED });
  const { plan } = first([...pipelines, ...explained], "explain");
  const made = engine.pipelines.explainPlan(plan, catalogWith(engine.pipelines.catalog, streams));
  return { ...made, text: [...notes.map((note) => `${describeProblem(text, note)}\n`), made.text].join("") };
}

/** The one pipeline that a script under a name is. Throws RdxError("invalid_plan") when there is none. */
function first(pipelines: readonly SqlPipeline[], what: "deploy" | "explain" | "replay"): SqlPipeline {
  if (pipelines.length > 0) return pipelines[0];
  throw new RdxError(
    "invalid_plan",
    `Cannot ${what} a script that runs nothing: end it with a SELECT or an INSERT INTO`,
  );
}

/** Declares the streams of a script; a stream that is there keeps what the script does not change. */
export function declareScript(engine: EngineService, { streams }: CompiledSql): void {
  for (const stream of streams) {
    const { name, columns, time, delayMs, futureSkewMs, onError, retentionMs, retentionBytes, retryMs } = stream;
    const { partitions, partitionBy } = stream;
    engine.streams.put(name, {
      columns,
      time,
      delayMs,
      futureSkewMs: futureSkewMs ?? FUTURE_SKEW_MS,
      onError: onError ?? "dead_letter",
      retentionMs,
      retryMs: retryMs ?? [],
      ...(retentionBytes === undefined ? {} : { retentionBytes }),
      ...(partitions === undefined ? {} : { partitions }),
      ...(partitionBy === undefined ? {} : { partitionBy }),
    });
  }
}

/** The plan of the one pipeline that a script is, over streams that are there. Throws as compileScript does. */
export function planOfScript(engine: EngineService, name: string, text: string, base?: string): unknown {
  return first(compileScript(engine, text, { name, ...(base === undefined ? {} : { base }) }).pipelines, "replay").plan;
}

/** Deploys the pipeline that a script is. Throws as compileScript and as the deployment of a plan does. */
export async function deploySql(
  engine: EngineService,
  name: string,
  text: string,
  { start, state }: Deployment,
): Promise<{ created: boolean; pipeline: PipelineInfo; notes: readonly string[] }> {
  const compiled = compileScript(engine, text, { name }), { plan } = first(compiled.pipelines, "deploy");
  declareScript(engine, compiled);
  return await engine.pipelines.put(name, plan, { start, state, sql: text });
}

/** Deploys every pipeline of a script, each under its own name; resolves to what becomes of state that changes. */
export async function deployScript(
  engine: EngineService,
  text: string,
  options: DeployOptions,
): Promise<{ notes: readonly string[] }> {
  const compiled = compileScript(engine, text, options);
  declareScript(engine, compiled);
  const notes: string[] = [];
  for (const { name, plan } of compiled.pipelines) {
    const how = { start: options.start, state: options.state, sql: text };
    const deployed = await engine.pipelines.put(name, plan, how);
    notes.push(...deployed.notes.map((note) => `Pipeline ${name}: ${note}`));
  }
  return { notes };
}
