import assert from "node:assert/strict";
import { connect, type Writer } from "../../src/client/rdx/mod.ts";
import { startServer, until } from "../e2e/server.ts";
import { TcpProxy } from "../sim/tcp_proxy.ts";
import {
  assertCountedOnce,
  COLUMNS,
  deployNumbers,
  numbered,
  numberedColumns,
  printedSeed,
  seeded,
} from "./numbers.ts";

const CUTS = 100;
/** Longest time that a connection lives before it is cut. */
const CUT_MS_MAX = 30;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Writes `rows` rows in as many parts as there are cuts; in the midst of each the connection is cut, at a random moment behind its first verdict, and every
 * fourth time whatever the connection has come to. Were it always so, a loaded machine would have no verdict before a cut, and ever longer waits between tries.
 */
async function writeAndCut(
  proxy: TcpProxy,
  writer: Writer,
  cuts: number,
  rows: number,
  write: (from: number, to: number) => Promise<void>,
) {
  const random = seeded(printedSeed());
  let accepted = 0;
  for (let cut = 0; cut < cuts; cut++) {
    const writing = write(Math.floor(rows * cut / cuts), Math.floor(rows * (cut + 1) / cuts));
    // A connection that is not there yet would not notice.
    await until(() => proxy.open > 0 && (cut % 4 === 3 || writer.counts.accepted > accepted), 1);
    await wait(random() * CUT_MS_MAX);
    ({ accepted } = writer.counts);
    proxy.cut();
    await writing;
  }
}

Deno.test("1 M rows are counted once each, though the connection is cut 100 times", async () => {
  const rows = 1_000_000;
  await using server = await startServer();
  await deployNumbers(server);
  using proxy = new TcpProxy(server.url);
  const client = connect(proxy.url), writer = await client.writer("numbers");
  await writeAndCut(
    proxy,
    writer,
    CUTS,
    rows,
    (from, to) => writer.write(Array.from({ length: to - from }, (_, i) => numbered(from + i))),
  );
  const counts = await writer.close();
  assert.deepEqual([counts.accepted, counts.rejected, counts.waiting], [rows, 0, 0]);
  assert.ok(counts.reconnects > CUTS / 4 && counts.reconnects <= CUTS, `${counts.reconnects} reconnections`);
  assert.equal(proxy.cuts, CUTS);
  await client.close();
  await assertCountedOnce(server, rows);
});

Deno.test("columns in Arrow are counted once each, though the connection is cut 40 times", async () => {
  const rows = 400_000, cuts = 40;
  await using server = await startServer();
  await deployNumbers(server);
  using proxy = new TcpProxy(server.url);
  const client = connect(proxy.url), writer = await client.writer("numbers", { format: "arrow", columns: COLUMNS });
  await writeAndCut(proxy, writer, cuts, rows, (from, to) => writer.writeColumns(numberedColumns(from, to)));
  const counts = await writer.close();
  assert.deepEqual([counts.accepted, counts.rejected, counts.waiting], [rows, 0, 0]);
  assert.ok(counts.reconnects > cuts / 4 && counts.reconnects <= cuts, `${counts.reconnects} reconnections`);
  await client.close();
  await assertCountedOnce(server, rows);
});
