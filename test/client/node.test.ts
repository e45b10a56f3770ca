import assert from "node:assert/strict";
import { startServer } from "../e2e/server.ts";
import { bundleFor } from "./bundle.ts";
import { assertCountedOnce, COLUMNS, deployNumbers } from "./numbers.ts";

const NODE = await findNode();

/** The flags that give this machine's Node a WebSocket, or null where there is no Node, or one before 20. */
async function findNode(): Promise<{ readonly flags: readonly string[] } | null> {
  try {
    const { stdout } = await new Deno.Command("node", { args: ["--version"] }).output();
    const major = Number(/^v(\d+)\./.exec(new TextDecoder().decode(stdout))?.[1]);
    return major >= 22 ? { flags: [] } : major >= 20 ? { flags: ["--experimental-websocket"] } : null;
  } catch {
    return null;
  }
}

/** What a program under Node does with the bundle: rows over JSON, then columns over Arrow; a live view; a typed error. */
const PROGRAM = `
const { connect, RdxError } = await import(process.argv[2]);
const client = connect(process.argv[3]), half = 5000, columns = ${JSON.stringify(COLUMNS)};
const start = Date.UTC(2025, 0, 1), row = (id) => ({ ts: start + id, id, bucket: id % 1000 });
const json = await client.writer("numbers");
for (let id = 0; id < half; id++) await json.write(row(id));
await json.close();
const arrow = await client.writer("numbers", { format: "arrow", columns });
const ids = Int32Array.from({ length: half }, (_, i) => half + i);
await arrow.writeColumns({ ts: Float64Array.from(ids, (id) => start + id), id: ids, bucket: ids.map((id) => id % 1000) });
const { accepted } = await arrow.close();
for await (const { kind } of client.live("numbers_counted")) if (kind === "snapshot") break;
const refused = await client.request("GET", "/v1/views/missing").catch((thrown) => thrown);
console.log(JSON.stringify([accepted, refused instanceof RdxError, refused.code]));
await client.close();
`;

Deno.test({
  name: NODE
    ? "the bundle for pages sends and follows under Node"
    : "skipped, no Node from 20 on is on the PATH: the bundle under Node",
  ignore: !NODE,
  async fn() {
    const folder = await Deno.makeTempDir();
    await using server = await startServer();
    try {
      await deployNumbers(server);
      await bundleFor("browser", "web/client.ts", `${folder}/rdx-client.mjs`);
      await Deno.writeTextFile(`${folder}/program.mjs`, PROGRAM);
      const { success, stdout, stderr } = await new Deno.Command("node", {
        args: [...NODE!.flags, `${folder}/program.mjs`, `${folder}/rdx-client.mjs`, server.url],
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), [5000, true, "not_found"]);
      await assertCountedOnce(server, 10_000);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
