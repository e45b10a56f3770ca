/** The same with the builder, in this process: deno run -A examples/functions/distance_run.ts */
import { createEngine } from "../../src/compose.ts";
import { batchFunction, double, ndjsonFile, nullable, pipeline, stdout, string } from "../../src/mod.ts";

const module = import.meta.resolve("./distance.ts");
const takes = [double(), double(), double(), double()] as const;
const kilometres = batchFunction({ module, name: "kilometres", takes, returns: double() });
const haul = batchFunction({ module, name: "haul", takes: [double()], returns: string() });

const degrees = nullable(double());
const routes = ndjsonFile(new URL("routes.ndjson", import.meta.url).pathname, {
  origin: string(),
  destination: string(),
  lat1: degrees,
  lon1: degrees,
  lat2: degrees,
  lon2: degrees,
});

const plan = pipeline("distances").from(routes)
  .map((r) => ({
    origin: r.origin,
    destination: r.destination,
    km: kilometres(r.lat1, r.lon1, r.lat2, r.lon2).round(),
  }))
  .extend((r) => ({ haul: haul(r.km) }))
  .to(stdout("ndjson")).toPlan();

const engine = await createEngine({ workers: 1 });
await engine.pipelines.put(plan.name, plan, { start: "earliest", state: "fresh" });
await engine.pipelines.find(plan.name)!.settled();
await engine.close();
