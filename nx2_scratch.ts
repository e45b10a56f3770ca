import { createEngine } from "./src/compose.ts";
import { compileSql, describeProblem } from "./src/sql/mod.ts";
import { STANDARD_SINKS } from "./src/plan/catalog.ts";
import { explainPlan } from "./src/plan/explain.ts";
const ddl = Deno.readTextFileSync("examples/nexmark/ddl.sql").replace(/'events' = '\d+'/g, `'events' = '20000'`);
const engine = await createEngine({ workers: 1 });
for (const q of [
  "SELECT A.id, A.category, B.price FROM auction A, bid B WHERE A.id = B.auction",
  "SELECT A.id, A.category, B.price FROM auction A, bid B WHERE A.id = B.auction AND B.`dateTime` BETWEEN A.`dateTime` AND A.expires",
  "SELECT MAX(B.price) AS final, A.category FROM auction A, bid B WHERE A.id = B.auction AND B.`dateTime` BETWEEN A.`dateTime` AND A.expires GROUP BY A.id, A.category",
  "SELECT category, AVG(final) FROM (SELECT MAX(B.price) AS final, A.category FROM auction A, bid B WHERE A.id = B.auction GROUP BY A.id, A.category) AS q GROUP BY category",
  "SELECT auction, MAX(price) AS m FROM bid GROUP BY auction",
  "SELECT m % 7, AVG(m) FROM (SELECT auction, MAX(price) AS m FROM bid GROUP BY auction) GROUP BY m % 7",
]) {
  const sql = ddl + "\n" + q;
  const c = compileSql(sql, { stream: () => null, sinkKinds: STANDARD_SINKS }, { sink: { kind: "discard" } });
  if (c.problems.length) { console.log("PROBLEM", c.problems.map((p) => describeProblem(sql, p)).join("\n")); continue; }
  const p = c.pipelines[0];
  await engine.pipelines.put(p.name, p.plan, { start: "earliest", state: "fresh" });
  let i: any;
  for (;;) { i = engine.pipelines.get(p.name); if (i.state !== "running" && i.state !== "starting") break; await new Promise((r) => setTimeout(r, 5)); }
  console.log(i.state, i.reason ?? "", "in", i.rowsIn, "out", i.rowsOut, q.slice(0, 90));
  if (i.state !== "completed") console.log(engine.pipelines.explainPlan(p.plan).text);
}
await engine.close(); Deno.exit();
