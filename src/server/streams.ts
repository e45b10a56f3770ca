import { RdxError } from "../core/errors.ts";
import { PLAN_BYTES_MAX, QUERY_ROWS_DEFAULT, QUERY_ROWS_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import { formatDuration } from "../plan/duration.ts";
import type { StreamInfo } from "../runtime/service.ts";
import type { RowRange } from "../sink.ts";
import { json, jsonText } from "./answers.ts";
import { readJson } from "./body.ts";
import { requireJson } from "./content_type.ts";
import type { App, Context, ServerContext } from "./context.ts";
import { parseDeclaration } from "./declaration.ts";
import { checkProducer, ingest } from "./ingest.ts";
import { nameOf, Parameters, RENDERING } from "./parameters.ts";
import { followLog } from "./log.ts";
import { columnsJson, RangeRenderer } from "./rows.ts";
import { openIngestSocket } from "./websocket.ts";

/** Everything below /v1/streams. */
export function streamRoutes(app: App, server: ServerContext): void {
  const { streams } = server.engine;
  app.get("/v1/streams", (c) => {
    new Parameters(c, []);
    return json({ streams: streams.list().map(streamJson) });
  });
  app.get("/v1/streams/:name", (c) => {
    new Parameters(c, []);
    return json(streamJson(streams.get(nameOf(c, "stream"))));
  });
  app.put("/v1/streams/:name", async (c) => {
    const name = nameOf(c, "stream");
    new Parameters(c, []);
    requireJson(c.req.raw, "A stream's declaration");
    const declaration = parseDeclaration(name, await readJson(c.req.raw, server, PLAN_BYTES_MAX));
    const { created, stream } = streams.put(name, declaration);
    return json(streamJson(stream), created ? 201 : 200);
  });
  app.delete("/v1/streams/:name", (c) => {
    new Parameters(c, []);
    streams.delete(nameOf(c, "stream"));
    return new Response(null, { status: 204 });
  });
  app.post("/v1/streams/:name", (c) => ingest(c, server));
  app.post("/v1/streams/:name/end", async (c) => {
    const name = nameOf(c, "stream");
    new Parameters(c, []);
    await streams.end(name);
    return json(streamJson(streams.get(name)));
  });
  app.post("/v1/streams/:name/producers/:producer/hello", async (c) => {
    const name = nameOf(c, "stream"), producer = c.req.param("producer");
    new Parameters(c, []);
    checkProducer(producer, "The producer");
    const { epoch, next } = await streams.hello(name, producer);
    return json({ stream: name, producer, epoch, next });
  });
  app.get("/v1/streams/:name/rows", (c) => {
    const name = nameOf(c, "stream");
    return newest(c, name, (limit) => streams.rows(name, limit));
  });
  app.get("/v1/streams/:name/log", (c) => followLog(c, server));
  app.get("/v1/streams/:name/late", (c) => {
    const name = nameOf(c, "stream");
    return newest(c, name, (limit) => lateRows(server, name, limit));
  });
  app.put("/v1/streams/:name/late", (c) => {
    const name = nameOf(c, "stream");
    new Parameters(c, []);
    const { created, stream } = streams.keepLate(name);
    return json(streamJson(stream), created ? 201 : 200);
  });
  app.get("/v1/streams/:name/ws", (c) => openIngestSocket(c, server));
}

interface Rows {
  readonly columns: readonly Column[];
  readonly ranges: readonly RowRange[];
}

async function newest(c: Context, stream: string, rowsOf: (limit: number) => Promise<Rows>): Promise<Response> {
  const parameters = new Parameters(c, ["limit", ...RENDERING]);
  const limit = parameters.integer("limit", 0, QUERY_ROWS_MAX, Math.min(QUERY_ROWS_DEFAULT, QUERY_ROWS_MAX));
  const rendering = parameters.rendering(), { columns, ranges } = await rowsOf(limit);
  const rows = new RangeRenderer(columns, rendering).join(ranges);
  return jsonText(
    `{"stream":${JSON.stringify(stream)},"columns":${JSON.stringify(columnsJson(columns))},"rows":[${rows}]}`,
  );
}

/** Late rows are only counted as long as nobody wants them. */
async function lateRows({ engine: { streams } }: ServerContext, name: string, limit: number): Promise<Rows> {
  streams.get(name);
  try {
    return await streams.rows(`${name}.late`, limit);
  } catch (thrown) {
    if (!(thrown instanceof RdxError) || thrown.code !== "not_found") throw thrown;
    const hint = `PUT /v1/streams/${name}/late keeps them from then on`;
    throw new RdxError("not_found", `Late rows of stream ${name} are counted and not kept: ${hint}`);
  }
}

function streamJson(stream: StreamInfo) {
  return {
    name: stream.name,
    columns: columnsJson(stream.columns),
    time: stream.time,
    delay_ms: stream.delayMs,
    future_skew_ms: stream.futureSkewMs,
    on_error: stream.onError,
    retention_ms: stream.retentionMs,
    retry: (stream.retryMs ?? []).map(formatDuration),
    retention_bytes: stream.retentionBytes ?? null,
    partitions: stream.partitions ?? 1,
    partition_by: stream.partitionBy ?? [],
    declared: stream.declared,
    schema_version: stream.schemaVersion,
    start: stream.start,
    end: stream.end,
    ended: stream.ended,
    rows_in: stream.rowsIn,
    bytes_in: stream.bytesIn,
    dead_rows: stream.deadRows,
    dead_open: stream.deadOpen,
    unread_bytes: stream.unreadBytes,
    arrival_ahead_ms: stream.arrivalAheadMs,
    readers: stream.readers,
  };
}
