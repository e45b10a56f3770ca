import { RdxError } from "../core/errors.ts";
import { DEAD_IDS_MAX, PLAN_BYTES_MAX, QUERY_ROWS_DEFAULT, QUERY_ROWS_MAX } from "../core/limits.ts";
import { checkShape, type JsonSchema } from "../plan/json_schema.ts";
import { Problems } from "../plan/problems.ts";
import type { DeadFilter } from "../runtime/service.ts";
import { json, jsonText } from "./answers.ts";
import { readBody, readJson } from "./body.ts";
import { requireJson } from "./content_type.ts";
import type { App, Context, ServerContext } from "./context.ts";
import { nameOf, Parameters, RENDERING } from "./parameters.ts";
import { columnsJson, RangeRenderer } from "./rows.ts";

const FILTER = ["reason", "field", "pipeline", "from", "to", "offset_from", "offset_to", "before"] as const;

/** What names rows one by one in the body of a request. */
export const DEAD_IDS_SCHEMA: JsonSchema = {
  type: "object",
  description: "Which rows; without a body, all that the filter takes",
  properties: {
    ids: {
      type: "array",
      minItems: 1,
      maxItems: DEAD_IDS_MAX,
      items: { type: "integer", minimum: 0, description: "The id of a dead row" },
    },
  },
  required: ["ids"],
  additionalProperties: false,
};

/** Everything below /v1/streams/{stream}/dead. */
export function deadRoutes(app: App, server: ServerContext): void {
  const { dead } = server.engine;
  app.get("/v1/streams/:name/dead", (c) => listDead(c, server));
  app.get("/v1/streams/:name/dead/reasons", async (c) => {
    const stream = nameOf(c, "stream"), filter = readFilter(new Parameters(c, FILTER));
    return json({ stream, ...await dead.reasons(stream, filter) });
  });
  app.post("/v1/streams/:name/dead/replay", async (c) => {
    const stream = nameOf(c, "stream"), filter = await readChoice(c, server);
    return json({ stream, ...await dead.replay(stream, filter) });
  });
  app.post("/v1/streams/:name/dead/discard", async (c) => {
    const stream = nameOf(c, "stream"), filter = await readChoice(c, server);
    return json({ stream, ...await dead.discard(stream, filter) });
  });
}

async function listDead(c: Context, { engine: { dead } }: ServerContext): Promise<Response> {
  const stream = nameOf(c, "stream");
  const parameters = new Parameters(c, ["limit", "order", "cursor", "raw", ...FILTER, ...RENDERING]);
  const limit = parameters.integer("limit", 0, QUERY_ROWS_MAX, QUERY_ROWS_DEFAULT);
  const cursor = parameters.integer("cursor", 0, Number.MAX_SAFE_INTEGER, -1);
  const { columns, ranges, next } = await dead.list(stream, {
    filter: readFilter(parameters),
    order: parameters.choice("order", ["newest", "oldest"], "newest"),
    limit,
    cursor: cursor < 0 ? null : cursor,
    whole: parameters.choice("raw", ["begin", "whole"], "begin") === "whole",
  });
  const rows = new RangeRenderer(columns, parameters.rendering()).join(ranges);
  const head = JSON.stringify({ stream, columns: columnsJson(columns) });
  return jsonText(`${head.slice(0, -1)},"rows":[${rows}],"next":${next}}`);
}

function readFilter(parameters: Parameters): DeadFilter {
  const text = (name: string) => parameters.text(name) ?? undefined;
  const offset = (name: string) => {
    if (parameters.text(name) === null) return undefined;
    return parameters.integer(name, -1, Number.MAX_SAFE_INTEGER, 0);
  };
  return {
    reason: text("reason"),
    field: text("field"),
    pipeline: text("pipeline"),
    fromMs: parameters.time("from"),
    toMs: parameters.time("to"),
    offsetFrom: offset("offset_from"),
    offsetTo: offset("offset_to"),
    before: offset("before"),
  };
}

/** The rows that a request is about: a body that is not understood never passes as none, which would mean all of them. */
async function readChoice(c: Context, server: ServerContext): Promise<DeadFilter> {
  const filter = readFilter(new Parameters(c, FILTER));
  if (c.req.raw.headers.get("content-type") === null) {
    const { bytes, release } = await readBody(c.req.raw, server);
    release();
    if (bytes.length === 0) return filter;
  }
  requireJson(c.req.raw, "A choice of dead rows");
  const choice = await readJson(c.req.raw, server, PLAN_BYTES_MAX), problems = new Problems();
  checkShape(DEAD_IDS_SCHEMA, choice, "", problems);
  if (problems.count > 0) {
    const [{ path, reason }] = problems.details;
    throw new RdxError("invalid", `Cannot choose dead rows: ${path ? `${path}: ` : ""}${reason}`, problems.details);
  }
  return { ...filter, ids: (choice as { ids: number[] }).ids };
}
