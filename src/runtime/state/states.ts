import type { Clock } from "../../core/clock.ts";
import { allCold } from "../../core/cold_file.ts";
import { RdxError } from "../../core/errors.ts";
import { HOT_KEYS_TOLD_MAX } from "../../core/limits.ts";
import { keyedTables } from "../../plan/keyed_tables.ts";
import type { PhysicalOperator } from "../../plan/physical.ts";
import type { CheckpointStore, SavedTable } from "../../store.ts";
import type { Deployed } from "../pipeline_maker.ts";
import type { PipelineInfo } from "../service.ts";
import type { OperatorFacts, StateFacts } from "../protocol.ts";
import type { Digest, HotKey, OperatorState, PipelineStateInfo, StateService, TableInfo } from "../state_service.ts";
import { lookAt, type LookRequest, type LookResult } from "./look.ts";
import { digestOf, takeDigest } from "./take_digest.ts";

export interface StatesParts {
  /** Throws not_found. */
  readonly info: (pipeline: string) => Pick<PipelineInfo, "state" | "checkpoint">;
  /** Null: an earlier process has left it, and it is not there. */
  readonly find: (pipeline: string) => Deployed | null;
  readonly clock: Clock;
  /** Null: nothing outlives the process. */
  readonly store: CheckpointStore | null;
}

/** Looks into what the pipelines of an engine keep. */
export class States implements StateService {
  readonly #parts: StatesParts;
  /** Digests are made one after the other. */
  #digests: Promise<unknown> = Promise.resolve();
  /** So are the looks of a pipeline, of which each may take several steps of its tasks. */
  readonly #looks = new WeakMap<Deployed["pipeline"], Promise<unknown>>();

  constructor(parts: StatesParts) {
    this.#parts = parts;
  }

  async get(name: string): Promise<PipelineStateInfo> {
    const { store } = this.#parts, { state, checkpoint } = this.#parts.info(name), deployed = this.#parts.find(name);
    if (!deployed) return { pipeline: name, state, numbers: [], operators: [], checkpoint, checkpoints: [] };
    const { pipeline, order: { folder } } = deployed;
    const facts = await pipeline.parts.pool.stateFacts(pipeline.parts.id);
    const kept = store && folder !== null ? await store.list(folder) : [];
    return {
      pipeline: name,
      state,
      numbers: facts.flatMap((one) => one ? [one.number] : []),
      operators: pipeline.plan.operators.map((operator, i) => operatorState(operator, i, facts))
        .filter(({ tables, keys }) => tables.length + keys.length > 0),
      checkpoint,
      checkpoints: kept.map(({ number }) => number),
    };
  }

  async look(name: string, request: LookRequest): Promise<LookResult> {
    const { state } = this.#parts.info(name), deployed = this.#parts.find(name);
    if (!deployed) throw new RdxError("conflict", `Pipeline ${name} is ${state}: it keeps nothing`);
    const { pipeline } = deployed,
      look = (this.#looks.get(pipeline) ?? Promise.resolve()).then(() => lookAt(pipeline, request));
    this.#looks.set(pipeline, look.catch(() => {}));
    return await look;
  }

  digest(name: string, number: number | null): Promise<Digest> {
    const digest = this.#digests.then(() => this.#digest(name, number));
    this.#digests = digest.catch(() => {});
    return digest;
  }

  async #digest(name: string, number: number | null): Promise<Digest> {
    const { store, clock } = this.#parts, { state } = this.#parts.info(name), deployed = this.#parts.find(name);
    if (!deployed) throw new RdxError("conflict", `Pipeline ${name} is ${state}: a digest is of one that runs`);
    const { pipeline, order: { checkpoints, folder } } = deployed;
    if (number !== null && number !== pipeline.number) return await this.#kept(name, store, folder, number);
    if (pipeline.state !== "running") {
      const [newest] = store && folder !== null ? await store.list(folder) : [];
      if (newest) return await digestOf(store!, folder!, newest.number);
      const why = `is ${pipeline.state}: a digest is of one that runs, or of a checkpoint`;
      throw new RdxError("conflict", `Pipeline ${name} ${why}`);
    }
    const take = () => takeDigest(pipeline, clock);
    return await (checkpoints ? checkpoints.alone(take) : take());
  }

  async #kept(name: string, store: CheckpointStore | null, folder: string | null, number: number): Promise<Digest> {
    const kept = store && folder !== null ? await store.list(folder) : [];
    if (store && folder !== null && kept.some((one) => one.number === number)) {
      return await digestOf(store, folder, number);
    }
    const there = kept.map((one) => one.number).join(", ");
    throw new RdxError(
      "not_found",
      `Pipeline ${name} has no checkpoint behind number ${number}: ${there ? `there are ${there}` : "there is none"}`,
    );
  }
}

function operatorState(operator: PhysicalOperator, at: number, tasks: readonly (StateFacts | null)[]): OperatorState {
  const { id: node, op } = operator, each = tasks.map((task) => task?.operators[at] ?? null);
  const kept = each.map((one) => one?.kept ?? null);
  // Of a plan that runs in order, one task alone has them
  const there = tasks.map((task) => task?.tables.filter((table) => table.node === node) ?? []);
  return {
    node,
    op,
    keys: keyedTables(operator)[0]?.keys.map(({ name }) => name) ?? [],
    ttlMs: ttlOf(operator),
    rows: kept.reduce((sum, one) => sum + (one?.rows ?? 0), 0),
    bytes: kept.reduce((sum, one) => sum + (one?.bytes ?? 0), 0),
    cold: allCold(kept.flatMap((one) => one ? [one.cold] : [])),
    tasks: kept,
    tables: (there.find((tables) => tables.length > 0) ?? []).map(tableInfo),
    hot: hotOf(each.flatMap((one) => one ? [one] : [])),
  };
}

function tableInfo({ name, version, columns, keys, expiry }: SavedTable): TableInfo {
  return { name, version, columns, keys, expiry: expiry < 0 ? null : columns[expiry].name };
}

function ttlOf(operator: PhysicalOperator): number | null {
  const ttlMs = operator.op === "group"
    ? "ttlMs" in operator.emit ? operator.emit.ttlMs : 0
    : (operator.op === "join" || operator.op === "rank") && "ttlMs" in operator.mode
    ? operator.mode.ttlMs
    : 0;
  return ttlMs > 0 ? ttlMs : null;
}

/** What the tasks have counted, each of its own rows, together. */
function hotOf(tasks: readonly OperatorFacts[]): OperatorState["hot"] {
  return (tasks[0]?.hot ?? []).map((_, input) => {
    const all = new Map<string, number>();
    for (const { hot } of tasks) {
      for (const { key, samples } of hot[input].keys) all.set(key, (all.get(key) ?? 0) + samples);
    }
    const keys = [...all].map(([key, samples]): HotKey => ({ key, samples })).sort((a, b) => b.samples - a.samples);
    const samples = tasks.reduce((sum, { hot }) => sum + hot[input].samples, 0);
    return { samples, keys: keys.slice(0, HOT_KEYS_TOLD_MAX) };
  });
}
