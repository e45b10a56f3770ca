import type { Clock } from "../../core/clock.ts";
import { Ending } from "../../core/ending.ts";
import { RdxError } from "../../core/errors.ts";
import type { CheckpointFacts, CheckpointStore, CheckpointWriter } from "../../store.ts";
import { takeCheckpoint } from "../checkpoint/take.ts";
import type { Pipeline } from "../pipeline.ts";
import { type Digest, StateDigester } from "./digest.ts";

/**
 * What everything comes to that the tasks and views of a running pipeline have behind the last number that it has given: they hand it out as for a checkpoint
 * that has everything, so that the next checkpoint has to have everything too. Throws RdxError("conflict") when it ends meanwhile.
 */
export async function takeDigest(pipeline: Pipeline, clock: Clock): Promise<Digest> {
  const digester = new StateDigester();
  let facts: CheckpointFacts | null = null;
  const writer: CheckpointWriter = {
    add: (step) => Promise.resolve().then(() => digester.add(step)),
    commit: (committed) => Promise.resolve(void (facts = committed)),
    abandon: () => Promise.resolve(),
  };
  const left = new Ending();
  void pipeline.settled().then(() => left.end(ended(pipeline)));
  const taken = await takeCheckpoint(pipeline, {
    store: { begin: () => Promise.resolve(writer) },
    folder: "",
    below: null,
    turn: 0,
    earlier: [],
    flush: false,
    clock,
    left,
  });
  if (!taken || facts === null) throw ended(pipeline);
  const { number, tables } = facts as CheckpointFacts;
  return await digester.end(number, tables);
}

/** The same of a checkpoint that is kept. */
export async function digestOf(store: CheckpointStore, folder: string, number: number): Promise<Digest> {
  const { facts: { tables }, steps } = await store.open(folder, number), digester = new StateDigester(tables);
  for await (const step of steps()) digester.add(step);
  return await digester.end(number, tables);
}

function ended({ plan: { name }, state }: Pipeline): RdxError {
  return new RdxError("conflict", `Pipeline ${name} is ${state}: only one that runs has state to look into`);
}
