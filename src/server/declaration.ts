import { RdxError, reasonOf } from "../core/errors.ts";
import { COLUMNS_MAX, DEAD_RETRIES_MAX, FUTURE_SKEW_MS, KEY_COLUMNS_MAX, PARTITIONS_MAX } from "../core/limits.ts";
import { type Column, makeSchema, parseType, TYPE_FORMS } from "../core/schema.ts";
import { durationOf } from "../plan/duration.ts";
import { checkShape, type JsonSchema } from "../plan/json_schema.ts";
import { index, member, Problems } from "../plan/problems.ts";
import { partitionProblems } from "../runtime/partitioning.ts";
import type { StreamDeclaration } from "../runtime/service.ts";

/** Longest time that a declaration may name: a hundred years. */
const DURATION_MS_MAX = 100 * 366 * 86_400_000;

/** What `PUT /v1/streams/{stream}` takes. */
export const DECLARATION_SCHEMA: JsonSchema = {
  type: "object",
  description: "The columns of a stream and how its rows are read",
  properties: {
    columns: {
      type: "array",
      minItems: 1,
      maxItems: COLUMNS_MAX,
      items: {
        type: "object",
        properties: {
          name: { type: "string", minLength: 1, description: "The name of the column, which is the field's in JSON" },
          type: { type: "string", description: TYPE_FORMS },
          nullable: { type: "boolean", default: true, description: "Whether a row may lack the value" },
        },
        required: ["name", "type"],
        additionalProperties: false,
      },
    },
    time: {
      oneOf: [{ type: "string", description: "The column of event time" }, { type: "null" }],
      description: "The column of event time: timestamp, or int64 in epoch milliseconds; null: the arrival",
    },
    delay_ms: {
      type: "integer",
      minimum: 0,
      maximum: DURATION_MS_MAX,
      default: 0,
      description: "How far the watermark stays behind the greatest event time",
    },
    future_skew_ms: {
      type: "integer",
      minimum: 0,
      maximum: DURATION_MS_MAX,
      default: FUTURE_SKEW_MS,
      description:
        "How far event time may be ahead of a row's arrival: a row beyond it goes to the dead letters; 0: without bound",
    },
    on_error: {
      enum: ["dead_letter", "reject"],
      default: "dead_letter",
      description: "What a bad row does: go to the dead letters alone, or refuse its whole request",
    },
    retention_ms: {
      oneOf: [{ type: "integer", minimum: 0, maximum: DURATION_MS_MAX }, { type: "null" }],
      description: "How long rows are kept; null: as long as there is room",
    },
    retry: {
      type: "array",
      maxItems: DEAD_RETRIES_MAX,
      items: { type: "string", description: "A duration such as 10s, 1 min, 2 h" },
      default: [],
      description:
        "How long after it failed a dead row is tried again: for the first time, the second …; then it stays dead",
    },
    retention_bytes: {
      oneOf: [{ type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, { type: "null" }],
      description:
        "How many bytes of rows are kept once every pipeline is done with them, in whole files of the log; " +
        "null: as many as there is room for",
    },
    partitions: {
      type: "integer",
      minimum: 1,
      maximum: PARTITIONS_MAX,
      description: "How many partitions there are: more can be added later, and none taken away; " +
        "left out: as many as there are, of a new stream 1",
    },
    partition_by: {
      type: "array",
      maxItems: KEY_COLUMNS_MAX,
      items: { type: "string", description: "A column" },
      description:
        "Rows with equal values of these columns go to one partition; none: each request goes to one as a whole, " +
        "always the same of a producer, else each in turn; left out: as it was",
    },
  },
  required: ["columns"],
  additionalProperties: false,
};

interface DeclarationJson {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable?: boolean }[];
  readonly time?: string | null;
  readonly delay_ms?: number;
  readonly future_skew_ms?: number;
  readonly on_error?: "dead_letter" | "reject";
  readonly retention_ms?: number | null;
  readonly retry?: readonly string[];
  readonly retention_bytes?: number | null;
  readonly partitions?: number;
  readonly partition_by?: readonly string[];
}

/** Reads a declaration. Throws RdxError("invalid_plan") that names each place by its path. */
export function parseDeclaration(stream: string, value: unknown): StreamDeclaration {
  const problems = new Problems();
  checkShape(DECLARATION_SCHEMA, value, "", problems);
  throwIfAny(stream, problems);
  const declared = value as DeclarationJson;
  const columns = declared.columns.flatMap((column, i): Column[] => {
    try {
      return [{ name: column.name, type: parseType(column.type), nullable: column.nullable ?? true }];
    } catch (thrown) {
      problems.add(member(index("columns", i), "type"), reasonOf(thrown));
      return [];
    }
  });
  throwIfAny(stream, problems);
  checkTime(declared.time ?? null, columns, problems);
  for (const { path, reason, hint } of partitionProblems({ columns, partitionBy: declared.partition_by })) {
    problems.add(path!, reason, hint);
  }
  const retryMs = readRetry(declared.retry ?? [], problems);
  throwIfAny(stream, problems);
  return {
    columns: makeSchema(columns).columns,
    time: declared.time ?? null,
    delayMs: declared.delay_ms ?? 0,
    futureSkewMs: declared.future_skew_ms ?? FUTURE_SKEW_MS,
    onError: declared.on_error ?? "dead_letter",
    retentionMs: declared.retention_ms ?? null,
    retryMs,
    ...(declared.retention_bytes == null ? {} : { retentionBytes: declared.retention_bytes }),
    ...(declared.partitions === undefined ? {} : { partitions: declared.partitions }),
    ...(declared.partition_by === undefined ? {} : { partitionBy: declared.partition_by }),
  };
}

function readRetry(retry: readonly string[], problems: Problems): number[] {
  return retry.flatMap((text, i) => {
    const ms = durationOf(text);
    if (ms !== null && ms > 0 && ms <= DURATION_MS_MAX) return [ms];
    const hint = "Expected one such as 10s, 1 min or 2 h, above 0";
    problems.add(index("retry", i), `${JSON.stringify(text.slice(0, 200))} is no duration`, hint);
    return [];
  });
}

function checkTime(time: string | null, columns: readonly Column[], problems: Problems): void {
  if (time === null) return;
  const column = columns.find(({ name }) => name === time);
  if (!column) {
    const names = columns.map(({ name }) => name).join(", ");
    problems.add("time", `There is no column ${JSON.stringify(time)}`, `Columns: ${names}`);
  } else if (column.type.kind !== "timestamp" && column.type.kind !== "int64") {
    problems.add("time", `Column ${time} is no time`, "Event time is a timestamp, or an int64 in epoch milliseconds");
  }
}

/** The same details under a message that speaks of a stream. */
function throwIfAny(stream: string, problems: Problems): void {
  try {
    problems.throwIfAny("");
  } catch (thrown) {
    if (!(thrown instanceof RdxError)) throw thrown;
    const [first] = thrown.details;
    const more = problems.count === 1 ? "" : ` (and ${problems.count - 1} more)`;
    const place = first.path ? `${first.path}: ` : "";
    throw new RdxError(
      "invalid_plan",
      `Cannot declare stream ${stream}: ${place}${first.reason}${more}`,
      thrown.details,
    );
  }
}
