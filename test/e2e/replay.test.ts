import assert from "node:assert/strict";
import { startServer, until } from "./server.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
const STREAM = { columns: [{ name: "key", type: "string" }, { name: "value", type: "int64" }] };
const SQL = "SELECT key, SUM(value) AS total FROM s GROUP BY key";

async function rdx(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, "replay", ...args],
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("the command line replays a pipeline and a script of a running server, and of its data directory when it is gone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-replay-" }), data = `${folder}/data`;
  try {
    let url = "", number = 0;
    {
      await using server = await startServer({ data, args: ["--workers", "2", "--checkpoint-interval", "50ms"] });
      url = server.url;
      await server.put("/v1/streams/s", STREAM);
      const headers = { "content-type": "application/sql" };
      const deployed = await server.fetch("/v1/pipelines/totals", { method: "PUT", headers, body: SQL });
      assert.ok(deployed.ok, await deployed.text());
      const post = async (from: number) => {
        const rows = Array.from({ length: 10 }, (_, i) => ({ key: "ab"[i % 2], value: from + i }));
        const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(rows) };
        const answer = await server.fetch("/v1/streams/s", init);
        assert.ok(answer.ok, await answer.text());
      };
      await post(0);
      number = await until(async () => {
        const { checkpoint, lag_rows } = await server.json<{ checkpoint: { number: number | null }; lag_rows: number }>(
          "/v1/pipelines/totals",
        );
        return lag_rows === 0 && checkpoint.number !== null && checkpoint.number > 0 ? checkpoint.number : null;
      });
      await post(10);
      const slice = await rdx("totals", "--server", url, "--from", "2", "--to", "14");
      assert.equal(slice.out, '{"key":"a","total":42}\n{"key":"b","total":48}\n', slice.err);
      Deno.writeTextFileSync(`${folder}/count.sql`, "SELECT COUNT(*) AS n FROM s");
      assert.equal((await rdx(`${folder}/count.sql`, "--server", url, "--to", "7")).out, '{"n":7}\n');
      const missing = await rdx("nothing", "--server", url);
      assert.deepEqual([missing.code, missing.err], [66, "rdx: There is no pipeline nothing\n"]);
      assert.equal((await rdx("totals", "--server", url, "--from", "soon")).code, 65);
      const busy = await rdx("totals", "--data", data);
      assert.match(busy.err, /belongs to a running rdx/);
      const view = await server.json<{ rows: { key: string; total: number }[] }>("/v1/views/totals");
      assert.deepEqual(view.rows, [{ key: "a", total: 90 }, { key: "b", total: 100 }]);
      await server.signal("SIGKILL");
    }
    const whole = '{"key":"a","total":90}\n{"key":"b","total":100}\n';
    assert.equal((await rdx("totals", "--data", data)).out, whole);
    assert.equal((await rdx("totals", "--data", data, "--at", String(number), "--workers", "1")).out, whole);
    const first = await rdx("totals", "--data", data, "--at", String(number), "--to", "10");
    assert.equal(first.out, '{"key":"a","total":20}\n{"key":"b","total":25}\n');
    assert.equal((await rdx(`${folder}/count.sql`, "--data", data)).out, '{"n":20}\n');
    const none = await rdx("totals", "--data", `${folder}/none`);
    assert.equal(none.code, 66);
    assert.throws(() => Deno.statSync(`${folder}/none`), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
