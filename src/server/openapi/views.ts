import { QUERY_ROWS_DEFAULT, QUERY_ROWS_MAX } from "../../core/limits.ts";
import { list } from "./build.ts";
import { answer, name, type Operations, type Parameter, query, RENDERING } from "./operations.ts";

function selection(order: "asc" | "desc", limit: number): readonly Parameter[] {
  return [
    {
      ...query(
        "key",
        "Once for each key column, in their order: the value as JSON writes it, strings without quotes; 400 when the column can have no such value",
        list({ type: "string" }),
      ),
      explode: true,
    },
    query("from", "Least window_start: epoch milliseconds or ISO 8601", { type: "string" }),
    query("to", "window_start is less than this: epoch milliseconds or ISO 8601", { type: "string" }),
    query("limit", "Rows at most", { type: "integer", minimum: 0, maximum: QUERY_ROWS_MAX, default: limit }),
    query("order", "By the window's end; keys break ties", { enum: ["asc", "desc"], default: order }),
  ];
}

export const VIEW_OPERATIONS: Operations = {
  "/v1/views": {
    get: {
      id: "listViews",
      summary: "All views",
      tag: "views",
      answers: { 200: answer("The views", "views") },
      problems: [],
    },
  },
  "/v1/views/{name}": {
    get: {
      id: "queryView",
      summary: "Rows of a view",
      tag: "views",
      parameters: [
        name("view"),
        ...selection("asc", QUERY_ROWS_DEFAULT),
        query("open", 'true: also windows that are still open, marked "$open": true', {
          type: "boolean",
          default: false,
        }),
        ...RENDERING,
      ],
      answers: { 200: answer("The rows", "view_answer") },
      problems: ["not_found", "unavailable"],
    },
  },
  "/v1/views/{name}/live": {
    get: {
      id: "followView",
      summary: "Follow a view",
      description:
        "Server-sent events `snapshot`, `delta`, `open`, `heartbeat` and `error` (a problem); their data are the schemas live_snapshot, live_delta, " +
        "live_open and live_heartbeat. With `open=true`, `open` tells all windows that are open now, which take the place of those told before: at the start, " +
        "then when they changed, once a second at most. The id is `<seq>.<view>`, from which Last-Event-ID or `since` resumes: with the deltas after it while they are kept and the view is the same, else with a snapshot. Deltas hold the rows that `key`, `from` and `to` ask for. As a WebSocket: " +
        "the same JSON, one event a message, with the id as its first member `id`.",
      tag: "views",
      parameters: [
        name("view"),
        ...selection("desc", QUERY_ROWS_MAX),
        query("open", "true: windows that are still open come too", { type: "boolean", default: false }),
        query("since", "The id of the last event that the client has, or its seq", { type: "string" }),
        {
          name: "last-event-id",
          in: "header",
          description: "The same, as browsers send it",
          schema: { type: "string" },
        },
        ...RENDERING,
      ],
      answers: {
        101: { description: "The protocol changes to WebSocket" },
        200: {
          description: "Events until the client or the server ends",
          content: { "text/event-stream": { type: "string" } },
        },
      },
      problems: ["not_found", "busy", "closing", "unavailable"],
    },
  },
};
