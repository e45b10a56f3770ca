import assert from "node:assert/strict";
import { startServer, until } from "../e2e/server.ts";

const DISK_MB = 24;

/** Whether this machine lets us have a small disk of our own. */
function smallDisks(): boolean {
  try {
    const { success } = new Deno.Command("unshare", {
      args: ["-m", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"],
    })
      .outputSync();
    return success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a full disk answers 507 and uses no number, and everything goes on once there is room",
  ignore: !smallDisks(),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "rdx-full-" });
    const mount = `mount -t tmpfs -o size=${DISK_MB}m tmpfs ${folder} && exec "$@"`;
    try {
      await using server = await startServer({
        data: `${folder}/data`,
        through: ["unshare", "-m", "sh", "-c", mount, "sh"],
        args: ["--workers", "1"],
      });
      const seen = `/proc/${server.pid}/root${folder}`;
      await server.put("/v1/streams/s", {
        columns: [{ name: "id", type: "int64", nullable: false }, { name: "text", type: "string", nullable: false }],
      });
      const script = "SELECT COUNT(*) AS n, SUM(id) AS total FROM s", headers = { "content-type": "application/sql" };
      assert.equal((await server.fetch("/v1/pipelines/v", { method: "PUT", headers, body: script })).status, 201);
      await Deno.writeFile(`${seen}/filler`, new Uint8Array((DISK_MB - 8) << 20));
      const text = "x".repeat(1000);
      let sequence = 0, refused = 0;
      const send = async () => {
        const body = Array.from({ length: 200 }, (_, i) => JSON.stringify({ id: sequence * 200 + i, text })).join("\n");
        const headers = {
          "content-type": "application/x-ndjson",
          "rdx-producer": "p",
          "rdx-sequence": String(sequence),
        };
        const response = await server.fetch("/v1/streams/s", { method: "POST", headers, body });
        const problem = await response.text();
        assert.ok(response.status === 200 || response.status === 507, `${response.status} ${problem}`);
        if (response.status === 507) {
          assert.match(problem, /no room on the disk/);
          refused++;
        } else sequence++;
        return response.status;
      };
      for (let tries = 0; refused < 3; tries++) {
        assert.ok(tries < 200, "the disk was never full");
        await send();
      }
      const stored = sequence;
      assert.equal((await server.json<{ end: number }>("/v1/streams/s")).end, stored * 200);
      await Deno.remove(`${seen}/filler`);
      while (sequence < stored + 10) assert.equal(await send(), 200);
      const rows = sequence * 200;
      await until(async () => {
        const { rows: [row] } = await server.json<{ rows: { n: number; total: number }[] }>("/v1/views/v");
        return row?.n === rows && row.total === rows * (rows - 1) / 2;
      });
      const { state } = await server.json<{ state: string }>("/v1/pipelines/v");
      assert.equal(state, "running");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
