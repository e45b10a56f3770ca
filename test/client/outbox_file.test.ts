import assert from "node:assert/strict";
import { connect, type OutboxBatch, type RdxError } from "../../src/client/rdx/mod.ts";
import { fileOutbox } from "../../src/client/rdx/outbox_file.ts";
import { startServer, until } from "../e2e/server.ts";
import { TcpProxy } from "../sim/tcp_proxy.ts";
import { assertCountedOnce, deployNumbers, printedSeed, seeded } from "./numbers.ts";

const sender = new URL("file_sender.ts", import.meta.url).pathname;

async function withFile(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/outbox`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const batch = (sequence: number, size = 10): OutboxBatch => ({
  sequence,
  rows: sequence + 1,
  body: new Uint8Array(size).fill(sequence),
});

Deno.test("a file gives back what was appended and not forgotten, under the same producer and numbers", () =>
  withFile(async (path) => {
    const first = fileOutbox(path), { producer, next, batches } = await first.open();
    assert.deepEqual([next, batches], [0, []]);
    for (let i = 0; i < 5; i++) await first.append(batch(i));
    await first.forget(1);
    await first.close();
    const second = fileOutbox(path);
    assert.deepEqual(await second.open(), { producer, next: 5, batches: [batch(2), batch(3), batch(4)] });
    await second.forget(4);
    await second.close();
    const third = fileOutbox(path);
    assert.deepEqual(await third.open(), { producer, next: 5, batches: [] });
    await third.append(batch(5));
    await third.rename("other", [batch(0)]);
    await third.close();
    const fourth = fileOutbox(path);
    assert.deepEqual(await fourth.open(), { producer: "other", next: 1, batches: [batch(0)] });
    await fourth.close();
  }));

Deno.test("a file does not grow beyond what waits in it and a bound", () =>
  withFile(async (path) => {
    const outbox = fileOutbox(path), { producer } = await outbox.open();
    for (let i = 0; i < 200; i++) {
      await outbox.append(batch(i, 100_000));
      if (i > 0) await outbox.forget(i - 1);
    }
    await outbox.close();
    assert.ok((await Deno.stat(path)).size < 5 << 20);
    const again = fileOutbox(path);
    assert.deepEqual(await again.open(), { producer, next: 200, batches: [batch(199, 100_000)] });
    await again.close();
  }));

Deno.test("a file that was cut anywhere gives back all whole batches; one that is damaged before its end is refused", () =>
  withFile(async (path) => {
    const outbox = fileOutbox(path), { producer } = await outbox.open();
    const ends = [(await Deno.stat(path)).size];
    for (let i = 0; i < 3; i++) {
      await outbox.append(batch(i, 20));
      ends.push((await Deno.stat(path)).size);
    }
    await outbox.close();
    const bytes = await Deno.readFile(path);
    for (let length = ends[0]; length < bytes.length; length++) {
      await Deno.writeFile(path, bytes.subarray(0, length));
      const cut = fileOutbox(path), opened = await cut.open();
      const whole = ends.filter((end) => end <= length).length - 1;
      assert.deepEqual(opened, {
        producer,
        next: whole,
        batches: Array.from({ length: whole }, (_, i) => batch(i, 20)),
      });
      await cut.close();
    }
    for (let at = ends[0]; at < ends[2]; at++) {
      await Deno.writeFile(path, bytes.map((byte, i) => i === at ? byte ^ 1 : byte));
      await assert.rejects(fileOutbox(path).open(), (thrown: RdxError) => thrown.code === "invalid", `byte ${at}`);
    }
  }));

Deno.test("one process at a time holds a file; a lock of one that is gone is taken over", () =>
  withFile(async (path) => {
    const outbox = fileOutbox(path);
    await outbox.open();
    await assert.rejects(fileOutbox(path).open(), (thrown: RdxError) => thrown.code === "conflict");
    await outbox.close();
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    await Deno.writeTextFile(`${path}.lock`, String(child.pid));
    await assert.rejects(fileOutbox(path).open(), (thrown: RdxError) => thrown.code === "conflict");
    child.kill("SIGKILL");
    await child.status;
    const next = fileOutbox(path);
    await next.open();
    await next.close();
  }));

Deno.test("a process that is killed again and again sends each row once, from the file that it leaves", () =>
  withFile(async (path) => {
    const rows = 200_000, random = seeded(printedSeed());
    await using server = await startServer();
    await deployNumbers(server);
    using proxy = new TcpProxy(server.url);
    for (let kills = 0;; kills++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", sender, proxy.url, path, String(rows)],
        stdout: "null",
        stderr: "inherit",
      }).spawn();
      let ended = false;
      const status = child.status.then((status) => {
        ended = true;
        return status;
      });
      if (kills < 6) {
        await until(() => ended || proxy.open > 0, 1);
        await new Promise((resolve) => setTimeout(resolve, random() * 60));
        if (!ended) child.kill("SIGKILL");
      }
      if ((await status).code === 0) break;
      assert.ok(kills < 6, "the sender failed by itself");
    }
    await assertCountedOnce(server, rows);
  }));

Deno.test("a batch that the server refuses for good does not stop whoever opens the file next", () =>
  withFile(async (path) => {
    await using server = await startServer();
    await server.put("/v1/streams/s", { columns: [{ name: "n", type: "int64" }] });
    const client = connect(server.url), first = await client.writer("s", { outbox: fileOutbox(path) });
    await first.write({ n: "bad" });
    await assert.rejects(first.flush(), (thrown: RdxError) => thrown.code === "invalid");
    await assert.rejects(first.close());
    const second = await client.writer("s", { outbox: fileOutbox(path) });
    await second.write({ n: 1 });
    assert.deepEqual(await second.close(), { accepted: 1, rejected: 0, waiting: 0, reconnects: 0 });
    await client.close();
  }));
