import assert from "node:assert/strict";
import { CHROMIUM } from "../e2e/chromium.ts";
import { openDashboard } from "../e2e/dashboard.ts";
import { startServer, type TestServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { checkAll, deploy, ready, sendUntil } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

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

/** Sends rows and takes checkpoints until some have been taken, and is killed with rows behind the last of them. */
async function firstLife(data: string, client: VerifyingClient): Promise<void> {
  await using server = await startServer({ data, args: ["--workers", "1", "--checkpoint-interval", "100ms"] });
  await deploy(server, data);
  for (let round = 0, last = -1; round < 4; round++) {
    assert.ok(await client.one(server, "p0"));
    last = await until(async () => {
      const { number } = await checkpointOf(server);
      return number !== null && number > last && number;
    });
  }
  await sendUntil(server, client, 3, () => void server.signal("SIGKILL"));
}

for (const [i, [damage, doIt]] of Object.entries(DAMAGE).entries()) {
  Deno.test(`a server whose newest checkpoint has ${damage} says so, goes on from the one before, and has what it would have undisturbed (seed ${i})`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "rdx-damaged-" }), data = `${folder}/data`;
    const client = new VerifyingClient("s", seeded(i));
    try {
      await firstLife(data, client);
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
      if (CHROMIUM && i === 0) await shown(server, newest);
      for (let batch = 0; batch < 5; batch++) assert.ok(await client.one(server, "p1"));
      await checkAll(server, client, { data, seen: data, folder: "parts", view: "totals" });
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
