import assert from "node:assert/strict";
import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { parsePlan } from "../../src/plan/compile.ts";
import { runReference } from "../reference/engine.ts";
import { materialise } from "../reference/changes.ts";
import { column, readType } from "../reference/schema.ts";
import { textOf } from "../runtime/rows.ts";
import { chanceOf } from "./chance.ts";
import { digestsAtOnce } from "./digests.ts";
import { checksum } from "./engine_life.ts";
import { leastOf, STREAM, totalsPlan, widePlan, windowsPlan } from "./engine_plans.ts";
import { EngineWorld, jumpOf } from "./engine_world.ts";
import { type LoggedRow, type Taken, takenOf } from "./taken_rows.ts";

const COLUMNS: readonly Column[] = STREAM.columns.map(({ name, type, nullable }) =>
  column(name, readType(type), nullable)
);

/** Runs a whole engine through faults that its seed chooses, and holds what it gives against the reference. Returns what happened, line by line. */
export async function simulate(seed: number): Promise<readonly string[]> {
  using _ = digestsAtOnce();
  using _chance = chanceOf(seed);
  const world = new EngineWorld(seed), { random } = world;
  try {
    await world.start();
    await world.deploy();
    for (let lives = 2 + random(3); lives > 0; lives--) {
      await live(world);
      noteState(world);
      world.crash(random(2) === 0 ? "power" : "kill");
      if (random(3) === 0) await world.loseCheckpoint();
      await restart(world);
      await checkLog(world);
    }
    await checkEnd(world);
    return world.trace;
  } catch (thrown) {
    throw new Error(`Simulation ${seed} failed:\n${world.trace.slice(-40).join("\n")}`, { cause: thrown });
  } finally {
    world.close();
  }
}

/** Starts again, perhaps several times: some processes end while they recover. */
async function restart(world: EngineWorld): Promise<void> {
  const { random } = world;
  for (let tries = random(3);; tries--) {
    await world.start();
    if (tries <= 0) break;
    await world.turns(random(60));
    world.crash(random(2) === 0 ? "power" : "kill");
  }
  await world.drive(world.life.engine.recovered);
  for (const { name, state, reason } of world.life.engine.pipelines.list()) {
    assert.equal(state, "running", `${name} after a restart: ${reason}`);
  }
  world.notePlans();
}

/** One process at work, with perhaps one trouble of its disk. */
async function live(world: EngineWorld): Promise<void> {
  const { random } = world;
  if (random(2) === 0) await world.changePlan();
  if (random(2) === 0) await world.addPartitions();
  const trouble = random(3) === 0 ? random(60) : -1;
  for (let steps = 20 + random(60), step = 0; step < steps; step++) {
    if (step === trouble) troubleDisk(world);
    if (step === trouble + 10) world.disk.faults.capacity = Infinity;
    if (random(3) > 0) world.act();
    if (random(12) === 0) void checkpoint(world);
    if (random(15) === 0) void replayDead(world);
    if (random(20) === 0) {
      world.note("the wall clock is set");
      world.life.clock.jump(jumpOf(random));
    }
    await world.turns(random(8));
  }
}

function troubleDisk({ disk, random, note, trace }: EngineWorld): void {
  const kind = random(3), { faults } = disk;
  if (kind === 0) faults.syncsLeft = random(12);
  else if (kind === 1) faults.writesLeft = random(12);
  else faults.capacity = disk.used + random(4000);
  note.call({ trace }, `the disk has trouble: ${["EIO", "a short write", "full"][kind]}`);
}

/** Bad rows are tried again, and are no better than before. */
async function replayDead({ network, trace }: EngineWorld): Promise<void> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  const answer = await network.ask("/v1/streams/s/dead/replay", init);
  if (answer === null) return;
  const { status, body: { replayed, failed } } = answer;
  trace.push(`dead rows are tried again: ${status}, ${failed} failed`);
  if (status === 200) assert.equal(replayed, 0);
}

async function checkpoint({ life, trace, random }: EngineWorld): Promise<void> {
  const name = ["all", "windows", "totals", "wide", "random", "arrivals", "hook"][random(7)],
    status = await life.engine.pipelines.checkpoint(name);
  trace.push(`checkpoint of ${name}: ${status?.number} ${status?.problem}`);
}

/** What was acknowledged is in the log, once, in the order of each producer, where it belongs, and nobody's batch is torn. */
async function checkLog(world: EngineWorld): Promise<void> {
  const rows = await world.rows(), ids = rows.map(({ values: [, id] }) => Number(id));
  const place = new Map(ids.map((id, at) => [id, at])), last = new Map<string, number>();
  assert.equal(place.size, ids.length, "A row is there twice");
  for (const { producer, ids: batch, partition } of world.sent.acked) {
    const places = batch.map((id) => place.get(id) ?? -1), first = Math.min(...places);
    assert.ok(first >= 0, `Row ${batch[places.indexOf(-1)]} was acknowledged and is lost`);
    assert.equal(Math.max(...places), first + batch.length - 1, "A batch is torn");
    assert.ok(first > (last.get(producer) ?? -1), `Batches of ${producer} are in another order`);
    last.set(producer, first);
    checkBatch(world, rows.slice(first, first + batch.length), partition);
  }
  const { partitions } = world.sent, one = world.random(partitions.count);
  assert.deepEqual(await world.rows(one), rows.filter(({ partition }) => partition === one), `Partition ${one}`);
  assert.deepEqual(world.verified.violations, []);
  world.note(`the log has ${ids.length} rows: ${checksum(new TextEncoder().encode(String(ids)))}`);
}

/** Rows of a batch, as the log has them, are in the partitions of their keys, in all others' one partition, and in each in the order in which they were sent. */
function checkBatch({ sent: { partitions: { by } } }: EngineWorld, rows: readonly LoggedRow[], named?: number): void {
  const last = new Map<number, number>(), of = new Map<Value, number>();
  for (const { partition, values: [, id, key] } of rows) {
    assert.ok(Number(id) > (last.get(partition) ?? -1), `Row ${id} is behind later ones`);
    last.set(partition, Number(id));
    assert.equal(of.get(key) ?? partition, partition, `Key ${key} is in two partitions`);
    of.set(key, partition);
  }
  if (by !== "key") assert.deepEqual([...last.keys()], [named ?? rows[0].partition], "A batch is in other partitions");
}

async function checkEnd(world: EngineWorld): Promise<void> {
  await world.settle();
  noteState(world);
  for (const name of ["s", ...world.any.supplies.keys()]) await world.drive(world.life.engine.streams.end(name));
  await completed(world);
  const rows = await world.rows(), acked = world.sent.acked.flatMap(({ ids }) => ids);
  assert.deepEqual(rows.map(({ values: [, id] }) => Number(id)).sort((a, b) => a - b), acked.sort((a, b) => a - b));
  const bad = world.sent.acked.reduce((sum, batch) => sum + batch.bad, 0);
  assert.equal(world.life.engine.streams.get("s").deadOpen, bad, "Dead rows are lost, doubled, or alive");
  checkAll(world, rows);
  checkResults(world, rows);
  checkRandom(world);
  checkArrivals(world, rows);
  checkHook(world, rows);
  await checkReplay(world, rows);
  assert.deepEqual(world.verified.violations, []);
}

async function completed(world: EngineWorld): Promise<void> {
  const list = () => world.life.engine.pipelines.list();
  await world.until(() => list().every(({ state }) => state !== "running" && state !== "recovering"), "all ends");
  for (const { name, state, reason } of list()) assert.equal(state, "completed", `${name}: ${reason}`);
}

/** All that a pipeline over the stream has taken: its rows once, those of each partition in their order. */
function takenBy(world: EngineWorld, name: string, rows: readonly LoggedRow[]): Taken[] {
  return takenOf(world.orderOf(name), world.plans.get(name)!, new Map([["source", { stream: "s", rows }]]));
}

/** Each row once and in the order of the pipeline, as the plan was when it came. */
function checkAll(world: EngineWorld, rows: readonly LoggedRow[]): void {
  const plans = world.plans.get("all")!,
    expected = takenBy(world, "all", rows).flatMap((one) =>
      "values" in one && Number(one.values[3]) >= leastOf(plans.of(one.number).plan) ? [one.values] : []
    );
  assert.deepEqual((world.verified.rows.get("all") ?? []).map(textOf), expected.map(textOf));
}

/** What the reference makes of a plan over what the pipeline of that name has taken. */
function expectedOf(
  world: EngineWorld,
  name: string,
  plan: { readonly nodes: readonly object[] },
  rows: readonly LoggedRow[],
): string[] {
  const parsed = parsePlan({ ...world.idle(plan), name: "reference" }, STANDARD_SINKS);
  const found = runReference(parsed, takenBy(world, name, rows), { s: COLUMNS }).get("view")!;
  return materialise(found.rows).map(textOf).sort();
}

function checkResults(world: EngineWorld, rows: readonly LoggedRow[]): void {
  const windows = expectedOf(world, "windows", windowsPlan(), rows);
  assert.deepEqual(world.view("windows").rows, windows);
  assert.deepEqual(world.view("totals").rows, expectedOf(world, "totals", totalsPlan(), rows));
  assert.deepEqual(world.view("wide").rows, expectedOf(world, "wide", widePlan(), rows));
  const lines = world.parts("windows").split("\n").filter(Boolean);
  assert.equal(lines.length, windows.length, "A folder has other rows than the view");
}

/** No row by arrival is ever late, whatever the wall clock was set to: each is counted in one window. */
function checkArrivals(world: EngineWorld, rows: readonly LoggedRow[]): void {
  assert.equal(takenBy(world, "arrivals", rows).filter((one) => "values" in one).length, rows.length);
  const counts = world.view("arrivals").rows.map((row) => Number(/(\d+)n$/.exec(row)![1]));
  assert.equal(counts.reduce((sum, one) => sum + one, 0), rows.length, "Rows by arrival were late");
  assert.equal(world.life.engine.pipelines.get("arrivals").lateRows, 0);
}

/** The receiver has each row under one key, in the order of the pipeline. */
function checkHook(world: EngineWorld, rows: readonly LoggedRow[]): void {
  const expected = takenBy(world, "hook", rows).flatMap((one) => "values" in one ? [Number(one.values[1])] : []);
  assert.deepEqual(world.receiver.ids, expected);
  world.note(`the receiver got ${world.receiver.repeated} requests again`);
}

/** What a random plan has come to is what the reference makes of all that its order took. */
function checkRandom(world: EngineWorld): void {
  const { any, verified, life } = world, sinks = life.engine.pipelines.get("random").sinks;
  const hasView = sinks.some(({ kind }) => kind === "view");
  const rows = (verified.rows.get("random") ?? []).map((values) => ({ kind: "+I", values }) as const);
  any.check(
    world.orderOf("random"),
    world.plans.get("random")!,
    hasView ? rows : verified.changes.get("random") ?? [],
    hasView ? world.view("random").rows : null,
  );
}

/** What has left memory and logs. */
function noteState({ life: { engine }, any, trace }: EngineWorld): void {
  const { cold } = engine.pipelines.get("wide");
  const inputs = engine.pipelines.list().map(({ name, partitions }) => `${name} ${Math.max(1, partitions.length)}`);
  trace.push(`inputs: ${inputs.join(", ")}`);
  if (cold.rows > 0) trace.push(`on disk: ${cold.rows} rows`);
  for (const name of any.supplies.keys()) {
    const { start } = engine.streams.get(name);
    if (start > 0) trace.push(`trimmed: stream ${name} begins at ${start}`);
  }
}

/** What is done again from the log, by a process with other workers, is the same to the byte, where it can come in one order alone. */
async function checkReplay(world: EngineWorld, rows: readonly LoggedRow[]): Promise<void> {
  const undisturbed = windowsPlan("undisturbed"), isOrdered = world.idleMs === 0 && world.sent.partitions.count === 1;
  await world.put("/v1/pipelines/undisturbed", world.idle(undisturbed));
  await completed(world);
  world.notePlans();
  assert.deepEqual(world.view("undisturbed").rows, expectedOf(world, "undisturbed", undisturbed, rows));
  if (isOrdered) assert.equal(world.parts("undisturbed"), world.parts("windows"));
  const before = ["windows", "totals"].map((name) => world.view(name)), parts = world.parts("windows");
  world.crash("kill");
  await world.start();
  await world.drive(world.life.engine.recovered);
  await completed(world);
  assert.deepEqual(["windows", "totals"].map((name) => world.view(name)), before);
  assert.equal(world.parts("windows"), parts);
  world.note(`results: ${JSON.stringify(before)}`);
}
