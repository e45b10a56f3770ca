import assert from "node:assert/strict";
import { until } from "../server/harness.ts";
import { call } from "./terminal.ts";

const PLAN = '{"name":"hot","nodes":[{"id":"in","op":"source","stream":"s"}]}';
const files = { "/home/me/plans/p.json": PLAN, "/home/me/s.json": '{"columns":[{"name":"n","type":"int64"}]}' };
const MAIN = new URL("../sim/serve_main.ts", import.meta.url).pathname;

Deno.test("serve says where it is ready, offers a first line, and ends with 0 after SIGTERM", async () => {
  const { code, out, err, engine } = await call(["serve", "--port", "0"], {
    onOut: (text, signal) => text.includes("curl") && signal("SIGTERM"),
  });
  assert.equal(code, 0);
  assert.match(
    out,
    /^rdx ready at http:\/\/127\.0\.0\.1:\d+\nNothing is deployed yet.*\n {2}curl .*127\.0\.0\.1:\d+\/v1\/streams\/readings\n$/,
  );
  assert.match(err, /finishing what was accepted/);
  assert.deepEqual([engine.drained, engine.closed], [1, 1]);
});

Deno.test("serve deploys the plans that are named over the streams that are declared, and ends with 130 after SIGINT", async () => {
  const { code, out, engine, options } = await call(
    ["serve", "--port", "0", "--stream", "s=s.json", "--data", "../d", "plans/p.json"],
    { files, onOut: (_, signal) => signal("SIGINT") },
  );
  assert.equal(code, 130);
  assert.doesNotMatch(out, /curl/);
  assert.deepEqual(engine.pipelines.puts, [{ name: "hot", start: "earliest", state: "keep" }]);
  assert.deepEqual(engine.streams.list().map(({ name, declared }) => [name, declared]), [["s", true]]);
  assert.equal(options?.data, "/home/d");
});

Deno.test("serve says what becomes of state that a changed plan changes", async () => {
  const more = { "/home/me/n.json": PLAN.replace("hot", "noted"), ...files };
  const { err } = await call(["serve", "--port", "0", "--stream", "s=s.json", "n.json", "plans/p.json"], {
    files: more,
    onOut: (_, signal) => signal("SIGINT"),
  });
  assert.deepEqual(err.split("\n").filter((line) => line.includes("Aggregate")), [
    "Pipeline noted: Aggregate n is new",
  ]);
});

Deno.test("serve begins what is named at a time of arrival", async () => {
  const { engine } = await call(
    ["serve", "--port", "0", "--stream", "s=s.json", "--start", "2026-01-01", "plans/p.json"],
    { files, onOut: (_, signal) => signal("SIGINT") },
  );
  assert.deepEqual(engine.pipelines.puts, [{ name: "hot", start: { timeMs: Date.UTC(2026, 0, 1) }, state: "keep" }]);
});

Deno.test("serve begins what is named without its old state when that is asked for", async () => {
  const named = ["serve", "--port", "0", "--stream", "s=s.json", "plans/p.json", "--state"];
  const { engine } = await call([...named, "fresh"], { files, onOut: (_, signal) => signal("SIGINT") });
  assert.deepEqual(engine.pipelines.puts, [{ name: "hot", start: "earliest", state: "fresh" }]);
  const { code, err } = await call([...named, "new"], { files });
  assert.deepEqual([code, /--state is "new": expected keep, fresh/.test(err)], [2, true], err);
});

Deno.test("serve whose pipelines wait until the engine has recovered does not say that there are none", async () => {
  const { SimEngine } = await import("../sim/engine.ts");
  const engine = new SimEngine(), { readiness } = engine;
  let asked = 0;
  engine.readiness = () => ({ ...readiness.call(engine), progress: asked++ === 0 ? 0 : null });
  const { out } = await call(["serve", "--port", "0", "--stream", "s=s.json", "plans/p.json"], {
    engine,
    files,
    onOut: (_, signal) => signal("SIGINT"),
  });
  assert.match(out, /rdx ready/);
  assert.doesNotMatch(out, /Nothing is deployed/);
  assert.equal(engine.pipelines.puts.length, 1);
});

Deno.test("serve that cannot finish what was accepted is exit 1 and says so", async () => {
  const { SimEngine } = await import("../sim/engine.ts");
  const engine = new SimEngine();
  engine.drainGate = Promise.reject(new Error("3 rows are left"));
  engine.drainGate.catch(() => {});
  const { code, err } = await call(["serve", "--port", "0"], {
    engine,
    onOut: (text, signal) => text.includes("curl") && signal("SIGTERM"),
  });
  assert.equal(code, 1);
  assert.match(err, /rdx: 3 rows are left/);
});

Deno.test("a busy port says who could be there and proposes another, with exit 1", async () => {
  const other = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => Response.json({ ready: true, reason: "" }),
  );
  const { port } = other.addr;
  const { code, err, engine } = await call(["serve", "--port", String(port)]);
  assert.equal(code, 1);
  const [, free] = new RegExp(`^rdx: Port ${port} on 127\\.0\\.0\\.1 is taken by another rdx: try --port (\\d+)`).exec(
    err,
  )!;
  assert.ok(Number(free) > port && Number(free) <= port + 20);
  assert.equal(engine.closed, 1);
  await other.shutdown();
});

Deno.test("a port that something else holds is told as such", async () => {
  const web = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("hi", { headers: { server: "nginx" } }),
  );
  assert.match((await call(["serve", "--port", String(web.addr.port)])).err, /taken by a web server \(nginx\)/);
  await web.shutdown();
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const hangUp = (async () => {
    for await (const connection of listener) connection.close();
  })();
  assert.match((await call(["serve", "--port", String(listener.addr.port)])).err, /taken by another program/);
  listener.close();
  await hangUp;
});

/** Starts the process and reads its stdout until it is ready. */
async function start(args: string[], env: Record<string, string> = {}) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, "serve", "--port", "0", ...args],
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let out = "";
  while (!/ready at (\S+)/.test(out)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The server ended: ${out}${await new Response(child.stderr).text()}`);
    out += value;
  }
  const drained = (async () => {
    while (!(await reader.read()).done);
  })();
  const err = new Response(child.stderr).text();
  return { child, url: /ready at (\S+)/.exec(out)![1], err, status: child.status.finally(() => drained) };
}

Deno.test("as a process: ready, answers, drains at SIGTERM and exits with 0", async () => {
  const { child, url, status, err } = await start([]);
  assert.equal(await (await fetch(`${url}/healthz`)).text(), "ok\n");
  child.kill("SIGTERM");
  assert.equal((await status).code, 0);
  await err;
});

Deno.test("as a process: origins that are named in flags and in the environment are let in, others are not", async () => {
  const { child, url, status, err } = await start([
    "--allow-origin",
    "https://a.example",
    "--allow-origin",
    "https://b.example",
  ], {
    RDX_ALLOW_ORIGIN: "https://c.example, https://d.example",
  });
  for (const origin of ["https://a.example", "https://b.example", "https://c.example", "https://d.example"]) {
    const answer = await fetch(`${url}/v1/streams`, { headers: { origin } });
    assert.equal(answer.headers.get("access-control-allow-origin"), origin);
    await answer.body?.cancel();
  }
  const answer = await fetch(`${url}/v1/streams`, { headers: { origin: "https://e.example" } });
  assert.equal(answer.headers.get("access-control-allow-origin"), null);
  await answer.body?.cancel();
  child.kill("SIGTERM");
  await status;
  await err;
});

Deno.test("serve of an origin in the environment that is none is a wrong call", async () => {
  const { code, err } = await call(["serve", "--port", "0"], {
    env: { RDX_ALLOW_ORIGIN: "https://a.example,nonsense" },
  });
  assert.equal(code, 2);
  assert.match(err, /"nonsense" is no origin/);
});

Deno.test("as a process: a second signal ends it at once", async () => {
  const { child, url, status, err } = await start([], { SIM_DRAIN: "never" });
  child.kill("SIGINT");
  let draining = false;
  void (async () => {
    while (!draining) {
      const answer = await fetch(`${url}/readyz`);
      await answer.body?.cancel();
      draining = answer.status === 503;
    }
  })();
  await until(() => draining);
  child.kill("SIGINT");
  assert.equal((await status).code, 130);
  assert.match(await err, /ended without finishing/);
});

Deno.test("as a process: the token in the environment is asked for and never written", async () => {
  const { child, url, status, err } = await start(["--host", "0.0.0.0", "--log-level", "debug"], {
    RDX_TOKEN: "s3cret-token",
  });
  const local = url.replace("0.0.0.0", "127.0.0.1");
  assert.equal((await fetch(`${local}/v1/streams`)).status, 401);
  const answer = await fetch(`${local}/v1/streams`, { headers: { authorization: "Bearer s3cret-token" } });
  assert.equal(answer.status, 200);
  child.kill("SIGTERM");
  await status;
  assert.doesNotMatch(await err, /s3cret/);
});

Deno.test("serve refuses a place of functions that is not there before it starts anything", async () => {
  const { code, err, options } = await call(["serve", "--port", "0", "--functions", "no-such-folder"], {});
  assert.deepEqual([code, options], [2, null]);
  assert.match(err, /^rdx: Cannot take user functions from \/home\/me\/no-such-folder: /);
});

Deno.test("serve tells the engine where functions may come from; without --functions nowhere", async () => {
  const onOut = (text: string, signal: (name: "SIGTERM") => void) => text.includes("curl") && signal("SIGTERM");
  const without = await call(["serve", "--port", "0"], { onOut });
  assert.deepEqual(without.options?.functions, []);
  const both = await call(["serve", "--port", "0", "--functions", "/", "--functions", MAIN], { onOut });
  assert.deepEqual(both.options?.functions, ["/", MAIN]);
});
