import type { RenderOptions } from "../core/render.ts";
import { QUERY_ROWS_DEFAULT, QUERY_ROWS_MAX } from "../core/limits.ts";
import { RdxError } from "../core/errors.ts";
import { columnIndex, formatType } from "../core/schema.ts";
import type { RowRange } from "../sink.ts";
import type { View, ViewQuery } from "../view.ts";
import type { ViewInfo } from "../runtime/service.ts";
import { json, jsonText } from "./answers.ts";
import type { App, Context, ServerContext } from "./context.ts";
import { keyText } from "./key_text.ts";
import { openLive } from "./live.ts";
import { selectOpen } from "./open_rows.ts";
import { nameOf, Parameters, RENDERING } from "./parameters.ts";
import { columnsJson, RangeRenderer, watermarkJson } from "./rows.ts";

/** Everything below /v1/views. */
export function viewRoutes(app: App, server: ServerContext): void {
  const { views } = server.engine;
  app.get("/v1/views", (c) => {
    new Parameters(c, []);
    return json({ views: views.list().map(viewJson) });
  });
  app.get("/v1/views/:name", (c) => queryView(c, server));
  app.get("/v1/views/:name/live", (c) => openLive(c, server));
}

async function queryView(c: Context, server: ServerContext): Promise<Response> {
  const name = nameOf(c, "view"), { views } = server.engine;
  const parameters = new Parameters(c, ["from", "to", "limit", "order", "open", ...RENDERING], ["key"]);
  const asked = readQuery(parameters, "asc"), rendering = parameters.rendering();
  const view = views.get(name), query = withKey(view, asked);
  if (!parameters.flag("open")) {
    const found = view.query(query);
    return jsonText(answerText(view, found, rendering, new RangeRenderer(view.columns, rendering).join(found.ranges)));
  }
  const open = selectOpen(view, await views.open(name), query), found = view.query(query);
  return jsonText(answerText(view, found, rendering, withOpen(view, query, found.ranges, open, rendering)));
}

/** Names of the parameters that `readQuery` reads, beside the repeated `key`. */
export const QUERY_PARAMETERS = ["from", "to", "limit", "order"] as const;

/** The question that a request asks. */
export function readQuery(parameters: Parameters, order: ViewQuery["order"]): ViewQuery {
  const key = parameters.all("key"), from = parameters.time("from"), to = parameters.time("to");
  return {
    ...(key.length > 0 ? { key } : {}),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    limit: parameters.integer("limit", 0, QUERY_ROWS_MAX, QUERY_ROWS_DEFAULT),
    order: parameters.choice("order", ["asc", "desc"], order),
  };
}

/**
 * The question with the values of keys as the view writes them. Throws RdxError("invalid") unless there is one for each key
 * column, and each can be a value of its column.
 */
export function withKey(view: View, query: ViewQuery): ViewQuery {
  const { key } = query;
  if (!key) return query;
  if (key.length === view.keys.length) return { ...query, key: key.map((text, i) => keyOf(view, view.keys[i], text)) };
  const keys = view.keys.length === 0 ? "it has no key columns" : `its key columns are ${view.keys.join(", ")}`;
  throw new RdxError(
    "invalid",
    `View ${view.name} needs ${view.keys.length} parameters key, got ${key.length}: ${keys}`,
  );
}

function keyOf(view: View, name: string, text: string): string {
  const { type } = view.columns[columnIndex(view.columns, name)], key = keyText(type, text);
  if (key !== null) return key;
  throw new RdxError(
    "invalid",
    `Parameter key is ${JSON.stringify(text.slice(0, 200))}: column ${name} of view ${view.name} is ${
      formatType(type)
    }, expected such a value`,
  );
}

/** `{"view","watermark","seq","columns","rows"}`, around rows that are JSON already. */
export function answerText(
  view: View,
  { watermark, seq }: { watermark: number; seq: number },
  rendering: RenderOptions,
  rows: string,
): string {
  const columns = JSON.stringify(columnsJson(view.columns)),
    at = JSON.stringify(watermarkJson(watermark, rendering.time));
  return `{"view":${JSON.stringify(view.name)},"watermark":${at},"seq":${seq},"columns":${columns},"rows":[${rows}]}`;
}

/** Windows that are still open end after all that are closed: they come last, or first when the newest do. */
function withOpen(
  view: View,
  { limit, order }: ViewQuery,
  closed: readonly RowRange[],
  open: readonly RowRange[],
  rendering: RenderOptions,
): string {
  const renderer = new RangeRenderer(view.columns, rendering);
  const openRows = renderer.each(open, ',"$open":true'), closedRows = renderer.each(closed);
  const rows: string[] = [];
  for (const part of order === "asc" ? [closedRows, openRows] : [openRows, closedRows]) {
    for (const row of part) {
      if (rows.length >= limit) break;
      rows.push(row);
    }
  }
  return rows.join();
}

function viewJson(view: ViewInfo) {
  return {
    name: view.name,
    pipeline: view.pipeline,
    state: view.state,
    columns: columnsJson(view.columns),
    keys: view.keys,
    rows: view.rows,
    seq: view.seq,
    watermark: watermarkJson(view.watermark),
  };
}
