import { createEngine } from "./src/compose.ts";
import { compileSql, describeProblem } from "./src/sql/mod.ts";
import { STANDARD_SINKS } from "./src/plan/catalog.ts";
const only = Deno.args[1]?.split(","), events = Deno.args[0] ?? "1000000", eps = Deno.args[2] ?? "100000";
const ddl = Deno.readTextFileSync("examples/nexmark/ddl.sql").replace(/'events' = '\d+'/g, `'events' = '${events}'`).replace(/'events-per-second' = '\d+'/g, `'events-per-second' = '${eps}'`);
for (let q = 0; q <= 22; q++) {
  const name = "q" + q;
  if (only && !only.includes(name)) continue;
  const engine = await createEngine({ workers: 1 });
  try {
    const sql = ddl + "\n" + Deno.readTextFileSync(`examples/nexmark/${name}.sql`);
    const c = compileSql(sql, { stream: () => null, sinkKinds: STANDARD_SINKS }, { sink: { kind: "discard" } });
    if (c.problems.length) { console.log(name, "PROBLEM", c.problems.map((p) => describeProblem(sql, p)).join("\n")); continue; }
    for (const p of c.pipelines) {
      const plan = JSON.parse(JSON.stringify(p.plan)); 
      const t = performance.now();
      await engine.pipelines.put(p.name, plan, { start: "earliest", state: "fresh" });
      let i: any;
      for (;;) { i = engine.pipelines.get(p.name); if (i.state !== "running" && i.state !== "starting") break; await new Promise((r) => setTimeout(r, 5)); }
      const ms = performance.now() - t;
      console.log(name, i.state, i.reason ?? "", "in", i.rowsIn, "out", i.rowsOut, (ms / 1000).toFixed(2), "s", (Number(events) / ms / 1000).toFixed(2), "M ev/s", Deno.memoryUsage().rss / 1e6 | 0, "MB");
    }
  } catch (e) { console.log(name, "FAILED", e instanceof Error ? e.message : e, JSON.stringify((e as any).details ?? "").slice(0, 400)); }
  await engine.close();
}
Deno.exit();
