import assert from "node:assert/strict";
import { CHROMIUM } from "../e2e/chromium.ts";
import { openDashboard } from "../e2e/dashboard.ts";
import { startServer, type TestServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { GrowingPartitions } from "./growing_partitions.ts";
import { checkAll, deploy, PRODUCERS, ready, sendUntil } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Of rows, with a checkpoint behind each. */
const ROUNDS = 4;

interface Checkpoint {
  readonly number: number | null;
  readonly restored: number | null;
  readonly passed_over: string | null;
}

/** What can become of the bytes of a file. */
const DAMAGE: Readonly<Record<string, (path: string) => void>> = {
  "bits flipped in its rows": (folder) => rewrite(rowsIn(folder), (bytes) => bytes[bytes.length >> 1] ^= 0x40),
  "half of its rows gone": (folder) => Deno.truncateSync(rowsIn(folder), Deno.statSync(rowsIn(folder)).size >> 1),
  "all of its rows gone": (folder) => Deno.removeSync(rowsIn(folder)),
  "another manifest": (folder) => rewrite(`${folder}/manifest.json`, (bytes) => bytes.reverse()),
};

function rewrite(path: string, change: (bytes: Uint8Array) => unknown): void {
  const bytes = Deno.readFileSync(path);
  change(bytes);
  Deno.writeFileSync(path, bytes);
}

function rowsIn(folder: string): string {
  const [name] = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => !name.endsWith(".json"));
  return `${folder}/${name}`;
}

/** Numbers of whole checkpoints, the newest first. */
function checkpointsIn(folder: string): number[] {
  const whole = [...Deno.readDirSync(folder)].filter(({ name }) =>
    [...Deno.readDirSync(`${folder}/${name}`)].some((file) => file.name === "manifest.json")
  );
  return whole.map(({ name }) => Number(name)).sort((a, b) => b - a);
}

async function checkpointOf(server: TestServer): Promise<Checkpoint> {
  return (await server.json<{ checkpoint: Checkpoint }>("/v1/pipelines/totals")).checkpoint;
}

/** Sends rows and takes checkpoints until some have been taken, and is killed with rows behind the last of them. There are more partitions in front of the newest, and behind it. */
async function firstLife(data: string, client: VerifyingClient, partitions: GrowingPartitions | null): Promise<void> {
  await using server = await startServer({ data, args: ["--workers", "1", "--checkpoint-interval", "100ms"] });
  await deploy(server, data, partitions);
  for (let round = 0, last = -1; round < ROUNDS; round++) {
    if (round === ROUNDS - 1) await partitions?.grow(server);
    for (const producer of PRODUCERS) assert.ok(await client.one(server, producer));
    last = await until(async () => {
      const { number } = await checkpointOf(server);
      return number !== null && number > last && number;
    });
  }
  await partitions?.grow(server);
  await sendUntil(server, client, 6, () => void server.signal("SIGKILL"));
}

async function goesBack(
  { data, doIt, client, partitions, isShown }: {
    readonly data: string;
    readonly doIt: (folder: string) => void;
    readonly client: VerifyingClient;
    readonly partitions: GrowingPartitions | null;
    readonly isShown: boolean;
  },
): Promise<void> {
  await firstLife(data, client, partitions);
  const checkpoints = `${data}/checkpoints/order/totals`, [newest, before] = checkpointsIn(checkpoints);
  assert.ok(before > 0);
  doIt(`${checkpoints}/${newest}`);
  await using server = await startServer({ data, args: ["--workers", "2", "--checkpoint-interval", "100ms"] });
  await ready(server);
  const { restored, passed_over } = await checkpointOf(server);
  assert.equal(restored, before);
  assert.match(
    passed_over!,
    new RegExp(`^At the last start it went further back: checkpoint ${newest} cannot be used`),
  );
  const said = `Pipeline totals cannot go on from its checkpoint ${newest}, and goes further back`;
  assert.ok(server.errors.includes(said), server.errors);
  assert.ok(!server.errors.includes(`its checkpoint ${before},`), server.errors);
  if (CHROMIUM && isShown) await shown(server, newest);
  await partitions?.areKept(server);
  for (let batch = 0; batch < 5; batch++) assert.ok(await client.one(server, "p1"));
  await checkAll(server, client, { data, seen: data, folder: "parts", view: "totals" });
}

const ALL = Object.entries(DAMAGE).map(([damage, doIt], seed) => ({ damage, doIt, seed, several: false }));
for (const one of [...ALL, ...ALL.map((one) => ({ ...one, seed: one.seed + 20, several: true }))]) {
  const { damage, doIt, seed, several } = one, how = several ? ", and whose stream has more partitions since," : "";
  Deno.test(`a server whose newest checkpoint has ${damage}${how} says so, goes on from the one before, and has what it would have undisturbed (seed ${seed})`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "rdx-damaged-" }), random = seeded(seed);
    const partitions = several ? new GrowingPartitions(random) : null;
    const client = new VerifyingClient("s", random, () => partitions?.named());
    try {
      await goesBack({ data: `${folder}/data`, doIt, client, partitions, isShown: seed === 0 });
    } catch (thrown) {
      throw new Error(`seed ${seed}, ${partitions?.told ?? "one partition"}`, { cause: thrown });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** The page of the pipeline says it too, also when newer checkpoints have been taken. */
async function shown(server: TestServer, newest: number): Promise<void> {
  await using dashboard = await openDashboard(`${server.url}/#/pipelines/totals`);
  await dashboard.shows(new RegExp(`Last checkpoint: .*it went further back: checkpoint ${newest} cannot be used`));
  assert.deepEqual(dashboard.errors, []);
}
