import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { startServer } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { deploy, ready } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** A data directory with rows, checkpoints and sinks, as a server has left it that ended in order. */
async function madeFolder(data: string): Promise<void> {
  await using server = await startServer({ data, args: ["--workers", "1", "--checkpoint-interval", "50ms"] });
  const client = new VerifyingClient("s", seeded(1));
  await deploy(server, data);
  for (let batch = 0; batch < 10; batch++) assert.ok(await client.one(server, "p0"));
  await ready(server);
  await server.signal("SIGTERM");
}

/** Files and digests of their contents; without the lock, and the database, which brings its own log home whenever it is opened. */
function filesIn(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(`${folder}${below}`)].flatMap(({ name, isDirectory }) => {
    const path = `${below}/${name}`;
    if (isDirectory) return filesIn(folder, path);
    return /^\/(LOCK|meta\.sqlite(-wal|-shm)?)$/.test(path)
      ? []
      : [`${path} ${createHash("sha256").update(Deno.readFileSync(folder + path)).digest("hex")}`];
  }).sort();
}

/** A server does not start on it, says what is wrong and what to do, and has changed nothing. */
async function refused(data: string, said: RegExp, through: readonly string[] = []): Promise<void> {
  const before = filesIn(data);
  await assert.rejects(async () => {
    await using _ = await startServer({ data, through, args: ["--workers", "1"] });
  }, said);
  assert.deepEqual(filesIn(data), before);
}

/** Runs a test on such a data directory, of which it may have copies. */
async function withFolder(run: (data: string, copy: (name: string) => string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "rdx-bad-" }), data = `${root}/data`;
  try {
    await madeFolder(data);
    await run(data, (name) => {
      const copied = `${root}/${name}`;
      const { success } = new Deno.Command("cp", { args: ["-a", data, copied] }).outputSync();
      assert.ok(success);
      return copied;
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Whether this machine lets us make a folder read-only for everybody. */
function canMount(): boolean {
  try {
    const args = ["-m", "sh", "-c", "mount --bind /tmp /tmp"];
    return new Deno.Command("unshare", { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test("a server refuses a data directory of another version, without its parts or in use, says what to do, and changes nothing", async () => {
  await withFolder(async (data, copy) => {
    const other = copy("other");
    Deno.writeTextFileSync(`${other}/VERSION`, "rdx data 9\n");
    await refused(other, /it is "rdx data 9", and this rdx knows "rdx data 1"; use the rdx that wrote it/);
    const nameless = copy("nameless");
    Deno.removeSync(`${nameless}/VERSION`);
    await refused(nameless, /is no data directory, and is not empty: name another with --data/);
    const metaless = copy("metaless");
    Deno.removeSync(`${metaless}/meta.sqlite`);
    await refused(metaless, /meta\.sqlite is missing; put a copy in its place, or name another with --data/);
    const rowless = copy("rowless");
    Deno.removeSync(`${rowless}/journal/s`, { recursive: true });
    await refused(rowless, /files of journal\/s\/0 are missing: put a copy in their place/);
    const segmentless = copy("segmentless"), log = `${segmentless}/journal/s/0`;
    for (const { name } of Deno.readDirSync(log)) if (name.endsWith(".seg")) Deno.removeSync(`${log}/${name}`);
    Deno.writeTextFileSync(`${log}/left`, "");
    await refused(segmentless, /files of journal\/s\/0 are missing: put a copy in their place/);
    const strange = copy("strange");
    Deno.mkdirSync(`${strange}/journal/stranger`);
    await refused(strange, /journal\/stranger: meta\.sqlite knows nothing of it/);
    await using server = await startServer({ data, args: ["--workers", "1"] });
    await refused(data, new RegExp(`belongs to a running rdx \\(process ${server.pid}\\): stop that, or name another`));
  });
});

Deno.test("a pipeline whose order is gone says so where pipelines are listed, and the others go on", async () => {
  await withFolder(async (_, copy) => {
    const orderless = copy("orderless");
    Deno.removeSync(`${orderless}/order/totals`, { recursive: true });
    await using server = await startServer({ data: orderless, args: ["--workers", "1"] });
    await ready(server);
    const { state, reason } = await server.json<{ state: string; reason: string }>("/v1/pipelines/totals");
    assert.equal(state, "failed");
    assert.match(reason, /order\/totals are missing: put a copy in their place/);
    const parts = await server.json<{ state: string }>("/v1/pipelines/parts");
    assert.equal(parts.state, "running");
  });
});

Deno.test({
  name: "a server refuses a data directory that it cannot write to, and says what to do",
  ignore: !canMount(),
  async fn() {
    await withFolder(async (data) => {
      const mount = `mount --bind ${data} ${data} && mount -o remount,bind,ro ${data} && exec "$@"`;
      await refused(
        data,
        /Cannot use the data directory .*[Rr]ead-only.*; name one with --data that can be written, or pass --durability none/,
        ["unshare", "-m", "sh", "-c", mount, "sh"],
      );
    });
  },
});
