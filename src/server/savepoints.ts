import { SAVEPOINT_BYTES_MAX } from "../core/limits.ts";
import type { SavepointInfo } from "../store.ts";
import { json } from "./answers.ts";
import { streamBody } from "./body.ts";
import type { App, Context, ServerContext } from "./context.ts";
import { checkedName, nameOf, Parameters } from "./parameters.ts";
import { withPlan } from "./pipelines.ts";

/** The type of a savepoint's file. */
export const SAVEPOINT_TYPE = "application/vnd.rdx.savepoint";

/** Everything below /v1/pipelines/{pipeline}/savepoint and …/savepoints. */
export function savepointRoutes(app: App, server: ServerContext): void {
  const { savepoints } = server.engine;
  app.get("/v1/pipelines/:name/savepoints", async (c) => {
    new Parameters(c, []);
    return json({ savepoints: (await savepoints.list(nameOf(c, "pipeline"))).map(savepointJson) });
  });
  app.post("/v1/pipelines/:name/savepoints/:savepoint", async (c) => {
    new Parameters(c, []);
    return json(savepointJson(await savepoints.take(nameOf(c, "pipeline"), savepointOf(c))), 201);
  });
  app.delete("/v1/pipelines/:name/savepoints/:savepoint", async (c) => {
    new Parameters(c, []);
    await savepoints.remove(nameOf(c, "pipeline"), savepointOf(c));
    return new Response(null, { status: 204 });
  });
  app.get("/v1/pipelines/:name/savepoint", async (c) => {
    const pipeline = nameOf(c, "pipeline"), named = new Parameters(c, ["name"]).text("name");
    const name = named === null ? null : checkedName(named, "savepoint");
    const { bytes, pieces } = await savepoints.read(pipeline, name);
    return new Response(ReadableStream.from(pieces), {
      headers: {
        "content-type": SAVEPOINT_TYPE,
        "content-disposition": `attachment; filename="${pipeline}${name === null ? "" : `.${name}`}.rdxsave"`,
        ...(bytes === null ? {} : { "content-length": String(bytes) }),
      },
    });
  });
  app.put("/v1/pipelines/:name/savepoint", async (c) => {
    const pipeline = nameOf(c, "pipeline");
    const parameters = new Parameters(c, ["start", "plan"]);
    const start = parameters.choice("start", ["saved", "earliest", "latest"], "saved");
    const plan = parameters.choice("plan", ["saved", "deployed"], "saved");
    const pieces = streamBody(c.req.raw, server, SAVEPOINT_BYTES_MAX);
    const { created, pipeline: made } = await savepoints.restore(pipeline, pieces, start, plan);
    return json(withPlan(made), created ? 201 : 200);
  });
}

function savepointOf(c: Context): string {
  return checkedName(c.req.param("savepoint") ?? "", "savepoint");
}

function savepointJson({ name, pipeline, number, takenMs, bytes }: SavepointInfo) {
  return { name, pipeline, number, taken_at: new Date(takenMs).toISOString(), bytes };
}
