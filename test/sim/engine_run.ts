import assert from "node:assert/strict";
import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { parsePlan } from "../../src/plan/compile.ts";
import { runReference } from "../reference/engine.ts";
import { materialise } from "../reference/changes.ts";
import { column, readType } from "../reference/schema.ts";
import { textOf } from "../runtime/rows.ts";
import { digestsAtOnce } from "./digests.ts";
import { checksum } from "./engine_life.ts";
import { STREAM, totalsPlan, windowsPlan } from "./engine_plans.ts";
import { EngineWorld } from "./engine_world.ts";

const COLUMNS: readonly Column[] = STREAM.columns.map(({ name, type, nullable }) =>
  column(name, readType(type), nullable)
);

/** Runs a whole engine through faults that its seed chooses, and holds what it gives against the reference. Returns what happened, line by line. */
export async function simulate(seed: number): Promise<readonly string[]> {
  using _ = digestsAtOnce();
  const world = new EngineWorld(seed), { random } = world;
  try {
    await world.start();
    await world.deploy();
    for (let lives = 2 + random(3); lives > 0; lives--) {
      await live(world);
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
  world.settleChange();
}

/** One process at work, with perhaps one trouble of its disk. */
async function live(world: EngineWorld): Promise<void> {
  const { random } = world;
  if (random(2) === 0) await world.changePlan();
  const trouble = random(3) === 0 ? random(60) : -1;
  for (let steps = 20 + random(60), step = 0; step < steps; step++) {
    if (step === trouble) troubleDisk(world);
    if (step === trouble + 10) world.disk.faults.capacity = Infinity;
    if (random(3) > 0) world.act();
    if (random(12) === 0) void checkpoint(world);
    if (random(20) === 0) {
      world.note("the wall clock is set");
      world.life.clock.jump((random(3) - 2) * 3_600_000);
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

async function checkpoint({ life, trace, random }: EngineWorld): Promise<void> {
  const name = ["all", "windows", "totals"][random(3)], status = await life.engine.pipelines.checkpoint(name);
  trace.push(`checkpoint of ${name}: ${status?.number} ${status?.problem}`);
}

/** What was acknowledged is in the log, once, in the order of each producer, and nobody's batch is torn. */
async function checkLog(world: EngineWorld): Promise<void> {
  const ids = (await world.rows()).map(([, id]) => Number(id)), place = new Map(ids.map((id, at) => [id, at]));
  assert.equal(place.size, ids.length, "A row is there twice");
  const last = new Map<string, number>();
  for (const { producer, ids: [first, ...rest] } of world.sent.acked) {
    const at = place.get(first);
    assert.ok(at !== undefined, `Row ${first} was acknowledged and is lost`);
    for (const [i, id] of rest.entries()) assert.equal(ids[at + 1 + i], id, "A batch is torn");
    assert.ok(at > (last.get(producer) ?? -1), `Batches of ${producer} are in another order`);
    last.set(producer, at);
  }
  assert.deepEqual(world.verified.violations, []);
  world.note(`the log has ${ids.length} rows: ${checksum(new TextEncoder().encode(String(ids)))}`);
}

async function checkEnd(world: EngineWorld): Promise<void> {
  await world.settle();
  await world.drive(world.life.engine.streams.end("s"));
  await completed(world);
  const rows = await world.rows(), acked = world.sent.acked.flatMap(({ ids }) => ids);
  assert.deepEqual(rows.map(([, id]) => Number(id)).sort((a, b) => a - b), acked.sort((a, b) => a - b));
  const bad = world.sent.acked.reduce((sum, batch) => sum + batch.bad, 0);
  assert.equal(bad === 0 ? 0 : world.life.engine.streams.get("s.dead").end, bad);
  checkAll(world, rows);
  checkResults(world, rows);
  await checkReplay(world);
  assert.deepEqual(world.verified.violations, []);
}

async function completed(world: EngineWorld): Promise<void> {
  const list = () => world.life.engine.pipelines.list();
  await world.until(() => list().every(({ state }) => state !== "running" && state !== "recovering"), "all ends");
  for (const { name, state, reason } of list()) assert.equal(state, "completed", `${name}: ${reason}`);
}

/** Each row once and in the order of the log, as the plan was when it came. */
function checkAll({ changes, verified }: EngineWorld, rows: readonly (readonly Value[])[]): void {
  const leastAt = (at: number) => changes.findLast(({ from }) => from <= at)!.least;
  const expected = rows.filter(([, , , value], at) => Number(value) >= leastAt(at));
  assert.deepEqual((verified.rows.get("all") ?? []).map(textOf), expected.map(textOf));
}

function checkResults(world: EngineWorld, rows: readonly (readonly Value[])[]): void {
  const log = [
    ...rows.map((values) => ({ source: "source", kind: "+I" as const, values })),
    { source: "source", end: true as const },
  ];
  const results = (json: object) => {
    const { rows } = runReference(parsePlan({ ...json, name: "reference" }, STANDARD_SINKS), log, { s: COLUMNS }).get(
      "view",
    )!;
    return materialise(rows).map(textOf).sort();
  };
  const windows = results(windowsPlan());
  assert.deepEqual(world.view("windows").rows, windows);
  assert.deepEqual(world.view("totals").rows, results(totalsPlan()));
  const lines = world.parts("windows").split("\n").filter(Boolean);
  assert.equal(lines.length, windows.length, "A folder has other rows than the view");
}

/** What is done again from the log, by a process with other workers, is the same to the byte. */
async function checkReplay(world: EngineWorld): Promise<void> {
  await world.put("/v1/pipelines/undisturbed", windowsPlan("undisturbed"));
  await completed(world);
  assert.deepEqual(world.view("undisturbed").rows, world.view("windows").rows);
  assert.equal(world.parts("undisturbed"), world.parts("windows"));
  const before = ["windows", "totals"].map((name) => world.view(name)), parts = world.parts("windows");
  world.crash("kill");
  await world.start();
  await world.drive(world.life.engine.recovered);
  await completed(world);
  assert.deepEqual(["windows", "totals"].map((name) => world.view(name)), before);
  assert.equal(world.parts("windows"), parts);
  world.note(`results: ${JSON.stringify(before)}`);
}
