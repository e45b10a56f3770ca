import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { DurableRun, type LifeOptions } from "./durable_run.ts";
import { EVENTS, windowsPlan } from "./engine_run.ts";
import { SOURCE, SUMS } from "./sums.ts";

const HOW = { start: "earliest", state: "keep" } as const;

function savepointTest(behaviour: string, run: (life: DurableRun) => Promise<void>, options: LifeOptions = {}): void {
  Deno.test(behaviour, () => DurableRun.with(run, options));
}

async function send(life: DurableRun, from: number, count = 20): Promise<void> {
  for (let i = from; i < from + count; i++) {
    await life.send("events", [
      { ts: i * 5, key: "abc"[i % 3], value: i },
      { ts: i * 5, key: `k${i % 7}`, value: i },
    ]);
  }
  await life.settled();
}

type Bytes = Uint8Array<ArrayBuffer>;

async function exported(life: DurableRun, pipeline: string, name: string | null = null): Promise<Bytes> {
  const { pieces } = await life.engine.savepoints.read(pipeline, name);
  return new Uint8Array(await new Response(ReadableStream.from(pieces)).arrayBuffer());
}

function restore(life: DurableRun, pipeline: string, bytes: Bytes, start: "saved" | "earliest" | "latest" = "saved") {
  return life.engine.savepoints.restore(pipeline, ReadableStream.from([bytes.slice()]), start);
}

function refused(code: string, message: RegExp) {
  return (thrown: unknown) => {
    assert.ok(thrown instanceof RdxError, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, message);
    return true;
  };
}

async function deploy(life: DurableRun): Promise<void> {
  life.engine.streams.put("events", EVENTS);
  await life.engine.pipelines.put("sums", SUMS, HOW);
  await life.engine.pipelines.put("windows", windowsPlan({ kind: "view", name: "windows" }), HOW);
}

savepointTest(
  "a pipeline goes back to a savepoint and comes to the same again, with any number of workers",
  async (life) => {
    await deploy(life);
    await send(life, 0);
    const taken = [
      await life.engine.savepoints.take("sums", "first"),
      await life.engine.savepoints.take("windows", "first"),
    ];
    const early = [life.view("sums"), life.view("windows")];
    await send(life, 20);
    const late = [life.view("sums").rows, life.view("windows").rows];
    for (const workers of [1, 3]) {
      for (const [i, name] of ["sums", "windows"].entries()) {
        const file = await exported(life, name, "first");
        assert.equal(file.length, taken[i].bytes);
        const { created } = await restore(life, name, file);
        assert.equal(created, false);
        await life.settled();
        assert.deepEqual(life.view(name).rows, late[i]);
        assert.ok(life.view(name).seq > early[i].seq, "numbers go on behind those of the savepoint");
      }
      await life.restart(workers);
      assert.deepEqual([life.view("sums").rows, life.view("windows").rows], late);
      assert.equal(life.engine.pipelines.get("sums").checkpoint!.restored, taken[0].number);
    }
    assert.deepEqual((await life.engine.savepoints.list("sums")).map(({ name, number }) => [name, number]), [
      ["first", taken[0].number],
    ]);
  },
  { workers: 2 },
);

savepointTest("a savepoint stays when its pipeline goes, and makes one of another name with its view", async (life) => {
  await deploy(life);
  await send(life, 0);
  await life.engine.savepoints.take("sums", "kept");
  await assert.rejects(life.engine.savepoints.take("sums", "kept"), refused("conflict", /already/));
  const { rows, seq } = life.view("sums");
  await life.engine.pipelines.delete("sums");
  await life.restart();
  await restore(life, "other", await exported(life, "sums", "kept"));
  assert.deepEqual(life.view("other"), { rows, seq });
  assert.deepEqual(life.engine.pipelines.get("other").sources, ["events"]);
  await send(life, 20);
  const later = life.view("other");
  await life.restart(3);
  assert.deepEqual(life.view("other"), later);
  await life.engine.savepoints.remove("sums", "kept");
  await assert.rejects(life.engine.savepoints.remove("sums", "kept"), refused("not_found", /no savepoint kept/));
  assert.deepEqual(await life.engine.savepoints.list("sums"), []);
});

savepointTest(
  "one server's savepoint makes a pipeline on another that has the stream, or says what is missing",
  async (life) => {
    await deploy(life);
    await send(life, 0);
    const file = await exported(life, "sums"), before = life.view("sums");
    await DurableRun.with(async (other) => {
      await assert.rejects(restore(other, "sums", file), refused("conflict", /cannot go on from the savepoint/));
      other.engine.streams.put("events", EVENTS);
      await assert.rejects(restore(other, "sums", file), (thrown: RdxError) => {
        const [{ node, reason, hint }] = thrown.details;
        assert.deepEqual([thrown.code, node], ["conflict", "source"]);
        assert.match(reason, /goes on at row 40 of stream events, which has 0 to 0/);
        assert.match(hint!, /start=earliest/);
        return true;
      });
      assert.deepEqual(other.engine.pipelines.list(), []);
      await restore(other, "sums", file, "earliest");
      assert.deepEqual(other.view("sums").rows, before.rows);
      await send(other, 20);
      await send(life, 20);
      assert.deepEqual(other.view("sums").rows, life.view("sums").rows);
      await other.restart(1);
      assert.deepEqual(other.view("sums").rows, life.view("sums").rows);
    }, { workers: 3 });
  },
);

savepointTest(
  "a byte that is another anywhere in the file is refused with its place, and changes nothing",
  async (life) => {
    await deploy(life);
    await send(life, 0, 4);
    const file = await exported(life, "sums"), before = life.view("sums"), id = life.engine.pipelines.find("sums");
    const step = Math.max(1, Math.floor(file.length / 150));
    for (let at = 0; at < file.length; at += at < 64 ? 1 : step) {
      const bytes = file.slice();
      bytes[at] ^= 1 << at % 8;
      await assert.rejects(
        restore(life, "sums", bytes),
        refused("invalid", /^Cannot use the savepoint: /),
        `byte ${at}`,
      );
    }
    for (const length of [0, 7, 8, 12, file.length >> 1, file.length - 1]) {
      await assert.rejects(
        restore(life, "sums", file.slice(0, length)),
        refused("invalid", /^Cannot use the savepoint: /),
      );
    }
    const longer = new Uint8Array(file.length + 1);
    longer.set(file);
    await assert.rejects(restore(life, "sums", longer), refused("invalid", /something is behind its end/));
    assert.equal(life.engine.pipelines.find("sums"), id);
    assert.deepEqual(life.view("sums"), before);
    assert.deepEqual([...Deno.readDirSync(`${life.folder}/data/savepoints/.coming`)], []);
  },
);

savepointTest("a pipeline that cannot be made of a savepoint leaves the one that runs as it is", async (life) => {
  await deploy(life);
  const sink = { kind: "files", path: "parts", format: "ndjson" };
  const parts = [SOURCE, { id: "sink", op: "sink", input: ["source"], sink }];
  await life.engine.pipelines.put("parts", { rdx: 1, nodes: parts }, HOW);
  await send(life, 0, 5);
  const file = await exported(life, "parts");
  const view = { id: "view", op: "sink", input: ["sums"], sink: { kind: "view", name: "parts" } };
  const sums = { rdx: 1, nodes: [...SUMS.nodes.slice(0, 2), view] };
  await life.engine.pipelines.put("parts", sums, { start: "earliest", state: "fresh" });
  await life.settled();
  const before = life.view("parts");
  await Deno.remove(`${life.folder}/parts`, { recursive: true });
  await Deno.writeTextFile(`${life.folder}/parts`, "no folder");
  await assert.rejects(restore(life, "parts", file), (thrown: RdxError) => thrown instanceof RdxError);
  assert.equal(life.engine.pipelines.get("parts").state, "running");
  assert.deepEqual(life.view("parts"), before);
  await send(life, 5, 5);
  const later = life.view("parts");
  assert.notDeepEqual(later, before);
  await life.restart();
  assert.deepEqual(life.view("parts"), later);
});

savepointTest("outputs behind a savepoint come once more to a file, behind what it has", async (life) => {
  life.engine.streams.put("events", EVENTS);
  const sink = { kind: "file", path: "out.ndjson", format: "ndjson" };
  const plan = { rdx: 1, nodes: [SOURCE, { id: "sink", op: "sink", input: ["source"], sink }] };
  await life.engine.pipelines.put("file", plan, HOW);
  await send(life, 0, 3);
  const first = await life.file("out.ndjson"), file = await exported(life, "file");
  await send(life, 3, 3);
  const both = await life.file("out.ndjson");
  await restore(life, "file", file);
  await life.settled();
  assert.equal(await life.file("out.ndjson"), both + both.slice(first.length));
  await life.restart();
  assert.equal(await life.file("out.ndjson"), both + both.slice(first.length));
});

/** The same, with the greatest value, or by nothing. */
function otherSums(keys: readonly string[], more: boolean) {
  const [from, sums, view] = SUMS.nodes as Record<string, unknown>[];
  const aggs = [...sums.aggs as unknown[], ...(more ? [{ fn: "max", arg: { column: "value" }, as: "most" }] : [])];
  return { rdx: 1, nodes: [from, { ...sums, keys, aggs }, view] };
}

savepointTest(
  "a savepoint goes on under the plan that its pipeline has here, as a deployed plan does, or is refused with the differences",
  async (life) => {
    await deploy(life);
    await send(life, 0);
    const file = await exported(life, "sums");
    const under = (plan: "saved" | "deployed", name = "sums") =>
      life.engine.savepoints.restore(name, ReadableStream.from([file.slice()]), "saved", plan);
    await assert.rejects(under("deployed", "nobody"), refused("conflict", /no pipeline nobody/));
    await send(life, 20);
    await life.engine.pipelines.put("sums", otherSums(["key"], true), HOW);
    const sums = (rows: readonly string[]) => rows.map((row) => row.split(" ").slice(0, 3).join(" ")).sort();
    const before = sums(life.view("sums").rows);
    await under("deployed");
    await life.settled();
    const { rows } = life.view("sums");
    assert.deepEqual(sums(rows), before);
    // Of the rows behind the savepoint, since it had no such aggregate.
    const most = new Map(rows.map((row) => [row.split(" ")[0], row.split(" ")[3]]));
    assert.deepEqual([most.get('"a"'), most.get('"b"'), most.get('"k4"')], ["39n", "37n", "39n"]);
    await life.restart(2);
    assert.deepEqual(life.view("sums").rows, rows);
    await life.engine.pipelines.put("sums", otherSums([], false), { ...HOW, state: "fresh" });
    await life.settled();
    const kept = life.view("sums");
    await assert.rejects(under("deployed"), (thrown: RdxError) => {
      assert.equal(thrown.code, "conflict");
      assert.match(thrown.message, /does not fit the plan that pipeline sums has here/);
      assert.deepEqual(thrown.details.map(({ node, path }) => [node, path]), [["sums", "keys[0]"]]);
      return true;
    });
    assert.deepEqual(life.view("sums"), kept);
    await under("saved");
    await life.settled();
    assert.deepEqual(sums(life.view("sums").rows), before);
  },
);
