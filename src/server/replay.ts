import { FrameView } from "../core/frame.ts";
import { SQL_BYTES_MAX } from "../core/limits.ts";
import { RowRenderer } from "../core/render.ts";
import type { ReplayedRows, ReplaySlice } from "../runtime/service.ts";
import { readText } from "./body.ts";
import { isSql } from "./content_type.ts";
import type { App, ServerContext } from "./context.ts";
import { nameOf, Parameters, parsePlace } from "./parameters.ts";
import { readPlan } from "./pipelines.ts";
import { planOfScript } from "./sql.ts";

/** The name of what is replayed and is not deployed. */
const REPLAYED = "replay";
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;

/** /v1/pipelines/{pipeline}/replay and /v1/replay. */
export function replayRoutes(app: App, server: ServerContext): void {
  const { engine } = server;
  app.get("/v1/pipelines/:name/replay", async (c) => {
    const name = nameOf(c, "pipeline"), parameters = new Parameters(c, ["from", "to", "at"]);
    const at = parameters.integer("at", 0, NUMBER_MAX, -1);
    const slice = { ...sliceOf(parameters), ...(at < 0 ? {} : { at }) };
    return linesAnswer(await engine.replays.pipeline(name, slice));
  });
  app.post("/v1/replay", async (c) => {
    const slice = sliceOf(new Parameters(c, ["from", "to"]));
    const plan = isSql(c.req.raw)
      ? planOfScript(engine, REPLAYED, await readText(c.req.raw, server, SQL_BYTES_MAX))
      : await readPlan(c, server);
    return linesAnswer(await engine.replays.plan(REPLAYED, plan, slice));
  });
}

function sliceOf(parameters: Parameters): ReplaySlice {
  const point = (name: string) => {
    const text = parameters.text(name);
    return text === null ? {} : { [name]: parsePlace(`Parameter ${name}`, text) };
  };
  return { ...point("from"), ...point("to") };
}

/** What a replay gives, as lines of JSON; rows that may take others back say so, as `$op`. */
export async function* replayLines(run: ReplayedRows): AsyncGenerator<string> {
  const renderers = new Map<string, RowRenderer>();
  for await (const { node, columns, changes, ranges } of run.outputs()) {
    let renderer = renderers.get(node);
    if (!renderer) renderers.set(node, renderer = new RowRenderer(columns, { kinds: changes }));
    for (const { frame, start, rows } of ranges) {
      if (rows > 0) yield `${renderer.rows(new FrameView(frame), start, rows, "\n")}\n`;
    }
  }
}

/** Whoever goes away ends the replay. */
function linesAnswer(run: ReplayedRows): Response {
  const lines = replayLines(run), encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await run.close();
      await lines.return(undefined);
    },
  }, { highWaterMark: 0 });
  return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
}
