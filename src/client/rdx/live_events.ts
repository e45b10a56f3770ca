import { RdxError } from "../../core/errors.ts";
import { mayBeLong, parseExact } from "./exact_json.ts";
import { problemError } from "./http.ts";
import type { ServerSentEvent } from "./sse.ts";
import type { LiveChange, Row, ViewColumn } from "./types.ts";

type Json = Readonly<Record<string, unknown>>;
type DeltaRows = Extract<LiveChange, { kind: "delta" }>["rows"];

/** Makes changes of a view's events. Keeps what the last snapshot said of the columns. */
export class LiveReader {
  #keys: readonly string[] = [];
  #columns: readonly ViewColumn[] = [];
  #doubles: readonly string[] = [];

  /** Null for events that a later server may send. Throws what an event of kind `error` says, and RdxError("internal") for one that cannot be read. */
  read({ event, data, id }: ServerSentEvent): LiveChange | null {
    if (!["snapshot", "delta", "open", "heartbeat", "error"].includes(event)) return null;
    const exact = mayBeLong(data), json = parse(data, exact);
    if (event === "error") throw problemError(json);
    const at = { seq: Number(json.seq ?? 0), watermark: watermarkMs(json.watermark) };
    switch (event) {
      case "heartbeat":
        return { kind: "heartbeat", ...at };
      case "snapshot": {
        this.#learn(json);
        const rows = this.#rows(json.rows as Row[], exact);
        return {
          kind: "snapshot",
          ...at,
          epoch: id.slice(id.indexOf(".") + 1),
          complete: json.complete === true,
          keys: this.#keys,
          columns: this.#columns,
          rows,
        };
      }
      case "open":
        return { kind: "open", ...at, rows: this.#rows(json.rows as Row[], exact) };
      default: {
        const rows = json.rows as DeltaRows;
        if (exact) { for (const { row } of rows) this.#setDoubles(row); }
        return { kind: "delta", ...at, rows };
      }
    }
  }

  #learn({ keys, columns }: Json): void {
    this.#keys = (keys ?? []) as string[];
    this.#columns = (columns ?? []) as ViewColumn[];
    this.#doubles = this.#columns.filter(({ type }) => type === "double").map(({ name }) => name);
  }

  #rows(rows: readonly Row[], exact: boolean): readonly Row[] {
    if (exact) { for (const row of rows) this.#setDoubles(row); }
    return rows;
  }

  /** A large double is written without a point, and then read as a bigint. */
  #setDoubles(row: Row): void {
    for (const name of this.#doubles) {
      if (typeof row[name] === "bigint") (row as Record<string, unknown>)[name] = Number(row[name]);
    }
  }
}

function parse(data: string, exact: boolean): Json {
  try {
    const json = parseExact(data, exact);
    if (typeof json === "object" && json !== null) return json as Json;
  } catch {
    // What it cannot read is told below.
  }
  throw new RdxError("internal", `Cannot read an event of the view: ${data.slice(0, 200)}`);
}

/** Epoch ms, null before the first row, Infinity at the end. */
function watermarkMs(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  if (value === "infinity") return Infinity;
  return typeof value === "string" ? Date.parse(value) : Number(value);
}
