import { DEAD_RETRIES_MAX } from "../../core/limits.ts";
import { nearest } from "../../core/nearest.ts";
import { durationOf, durationsOf } from "../../plan/duration.ts";
import type * as ast from "../ast.ts";
import type { Report } from "./report.ts";

/** What an option's text must be. */
export type OptionType =
  | "text"
  | "boolean"
  | "integer"
  | "duration"
  /** Several, with commas between. */
  | "durations"
  /** One character. */
  | "character"
  | readonly string[];

/** One option of a connector: how it is written in WITH, and what it says. */
export interface OptionSpec {
  readonly type: OptionType;
  /** Flink's names of it. */
  readonly aliases?: readonly string[];
  readonly required?: boolean;
  readonly about: string;
}

/** A connector as CREATE TABLE knows it. */
export interface ConnectorSpec {
  /** Its kind in plans. */
  readonly kind: string;
  readonly reads: boolean;
  readonly writes: boolean;
  /** Rows are looked up in it, by JOIN … FOR SYSTEM_TIME AS OF. */
  readonly looksUp?: boolean;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Options of others that make no sense here, and what to do instead. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** Options that all connectors have that can be read. */
const READING: Readonly<Record<string, OptionSpec>> = {
  "idle-timeout": {
    type: "duration",
    aliases: ["scan.watermark.idle-timeout"],
    about: "Silence after which the table no longer holds results back; 0 = never",
  },
  "changelog-mode": {
    type: ["insert", "upsert", "all", "I", "I,UA,D", "I,UB,UA,D", "I,UA,UB,D"],
    about: "insert: each row is new. upsert: it takes the place of the one with its primary key. all: a changelog",
  },
  "kind-column": { type: "text", about: "Of a changelog: the column of the rows that holds +I, -U, +U or -D" },
};

const FORMAT: OptionSpec = {
  type: ["ndjson", "json", "csv", "arrow"],
  about: "How rows are written; as the path ends if left out",
};

const CHANGELOG: OptionSpec = {
  type: "boolean",
  about: "Whether rows that are taken back are written too, each with a member $op that is +I, -U, +U or -D (false)",
};

const HEADERS: OptionSpec = {
  type: "text",
  about: 'JSON: the value of each header, or {"env": …} with a variable RDX_SECRET_…, or {"file": …}, and a "prefix"',
};

/** Options of all tables that rows are looked up in. */
const LOOKING_UP: Readonly<Record<string, OptionSpec>> = {
  "cache-rows": {
    type: "integer",
    aliases: ["cache_rows", "lookup.cache.max-rows", "lookup.partial-cache.max-rows"],
    about: "Keys whose answers are kept, those without rows among them; 0 = none (100000)",
  },
  "cache-ttl": {
    type: "duration",
    aliases: ["cache_ttl", "lookup.cache.ttl", "lookup.partial-cache.expire-after-write"],
    about: "How long an answer is gone by; 0 = for ever (1 min)",
  },
  "batch-rows": {
    type: "integer",
    aliases: ["batch_rows"],
    about: "Keys of one question (256; 1 of a URL without POST)",
  },
  "concurrency": { type: "integer", about: "Questions that are under way at the same time (4)" },
  "timeout": { type: "duration", about: "Time that an answer may take (5 s)" },
  "on-error": {
    type: ["retry", "null", "dead_letter"],
    aliases: ["on_error"],
    about:
      "What becomes of rows without an answer: they wait (retry, the default), go on with NULL, or to the dead letters",
  },
};

/** The connectors of CREATE TABLE with their options: this table is their documentation too. */
export const CONNECTORS: Readonly<Record<string, ConnectorSpec>> = {
  stream: {
    kind: "stream",
    reads: true,
    writes: true,
    options: {
      "stream": { type: "text", about: "The stream's name; the table's if left out" },
      "future-skew": {
        type: "duration",
        about: "How far event time may be ahead of a row's arrival; 0 = without bound",
      },
      "on-error": { type: ["dead_letter", "reject"], about: "What becomes of rows that cannot be read" },
      "retention": { type: "duration", about: "How long rows are kept" },
      "retry": {
        type: "durations",
        about: "How long after they failed dead rows are tried again, each time they fail: 10 s, 1 min, 10 min",
      },
      "retention-bytes": {
        type: "integer",
        about: "How many bytes of rows are kept once every pipeline is done with them",
      },
      "partitions": {
        type: "integer",
        about: "How many partitions there are, over which PARTITIONED BY spreads rows; more can be added (1)",
      },
      ...READING,
    },
    instead: {
      "format": "Leave it out: whoever sends rows says their format as Content-Type",
    },
  },
  file: {
    kind: "file",
    reads: true,
    writes: true,
    options: {
      "path": { type: "text", required: true, about: "The file; from the folder where the command is given" },
      "format": FORMAT,
      "header": {
        type: "boolean",
        aliases: ["csv.header"],
        about: "CSV: whether the first line names the columns (true)",
      },
      "changelog": CHANGELOG,
      "delimiter": { type: "character", aliases: ["csv.field-delimiter"], about: "CSV: what stands between cells (,)" },
      ...READING,
    },
  },
  nexmark: {
    kind: "nexmark",
    reads: true,
    writes: false,
    options: {
      "table": {
        type: ["person", "auction", "bid"],
        about: "Which table; the one that this is named like if left out",
      },
      "events": {
        type: "integer",
        aliases: ["events.num"],
        required: true,
        about: "Events of all three tables together",
      },
      "events-per-second": {
        type: "integer",
        aliases: ["next-event.rate", "first-event.rate"],
        about: "Events of all three tables in one second of event time (10000)",
      },
      "seed": { type: "integer", about: "Equal seeds give equal rows (1)" },
      ...READING,
    },
  },
  values: {
    kind: "values",
    reads: true,
    writes: false,
    options: {
      "rows": { type: "text", required: true, about: "JSON: an array with an array of values for each row" },
      ...READING,
    },
  },
  view: {
    kind: "view",
    reads: false,
    writes: true,
    options: { "view": { type: "text", about: "The view's name; the table's if left out" } },
  },
  stdout: {
    kind: "stdout",
    reads: false,
    writes: true,
    options: { "format": { ...FORMAT, type: ["ndjson", "json", "csv"] }, "changelog": CHANGELOG },
  },
  files: {
    kind: "files",
    reads: false,
    writes: true,
    options: {
      "path": {
        type: "text",
        required: true,
        about: "The folder of the parts; from the folder where the command is given",
      },
      "format": { type: ["ndjson", "json", "csv", "arrow"], about: "How rows are written (ndjson)" },
      "compression": { type: ["none", "gzip"], about: "Of texts (none)" },
      "roll-rows": { type: "integer", about: "Rows after which a part becomes visible (10000000)" },
      "roll-bytes": { type: "integer", about: "Bytes after which it does (134217728)" },
      "roll-interval": {
        type: "duration",
        aliases: ["sink.rolling-policy.rollover-interval"],
        about: "Time after its first row at which it does (10 s)",
      },
      "changelog": CHANGELOG,
    },
  },
  webhook: {
    kind: "webhook",
    reads: false,
    writes: true,
    options: {
      "url": { type: "text", required: true, about: "Where rows are sent by POST" },
      "headers": HEADERS,
      "format": { type: ["ndjson", "json"], about: "Rows of a request: a line each, or an array (ndjson)" },
      "batch-rows": { type: "integer", aliases: ["batch_rows"], about: "Rows of one request at most (1000)" },
      "timeout": { type: "duration", about: "Time that an answer may take (10 s)" },
      "on-refused": {
        type: ["stop", "dead_letter"],
        aliases: ["on_refused"],
        about: "What 4xx means, but for 408, 425 and 429: the pipeline ends (stop), or the rows go to a stream (stop)",
      },
      "outbox": {
        type: "boolean",
        about: "Whether rows wait on disk, so that a slow receiver does not stall the pipeline (false)",
      },
      "changelog": CHANGELOG,
    },
  },
  sqlite: {
    kind: "sqlite",
    reads: false,
    writes: true,
    looksUp: true,
    options: {
      "path": {
        type: "text",
        required: true,
        about: "The file of the database; from the folder where the command is given",
      },
      "table": {
        type: "text",
        aliases: ["table-name"],
        about: "The table there, to look up also a view; named like this one if left out",
      },
      ...LOOKING_UP,
    },
  },
  http: {
    kind: "http",
    reads: false,
    writes: false,
    looksUp: true,
    options: {
      "url": {
        type: "text",
        required: true,
        about: "Of GET with {column} in the place of each key, which may be several with commas between",
      },
      "method": { type: ["GET", "POST"], about: 'POST sends {"keys": [{column: value}, …]} (GET)' },
      "headers": HEADERS,
      "rows": { type: "text", about: "The member of the answer that holds the rows; the answer itself if left out" },
      ...LOOKING_UP,
    },
  },
  discard: { kind: "discard", reads: false, writes: true, options: {} },
};

/** Flink's names of connectors. */
export const CONNECTOR_ALIASES: Readonly<Record<string, string>> = {
  filesystem: "file",
  print: "stdout",
  blackhole: "discard",
};

export interface OptionValue {
  readonly value: string | number | boolean;
  readonly at: ast.Span;
}

/** Without a connector a table is a stream: what is nearly `connector` says that it was meant to be none. */
function isMeantAsConnector(key: string, given: readonly ast.Option[]): boolean {
  return nearest(key, ["connector"]) !== null && !given.some((one) => one.key.toLowerCase() === "connector");
}

/** The options of a WITH clause by their names in `spec`; null with problems. */
export function readOptions(
  given: readonly ast.Option[],
  { options, instead }: ConnectorSpec,
  connector: string,
  report: Report,
): ReadonlyMap<string, OptionValue> | null {
  const read = new Map<string, OptionValue>();
  let sound = true;
  for (const option of given) {
    const { key, keyAt } = option;
    if (key.toLowerCase() === "connector") continue;
    const name = nameOf(key.toLowerCase(), options);
    if (name === null && isMeantAsConnector(key, given)) {
      report.add(keyAt, `Unknown option '${key}'`, "Did you mean 'connector'?");
      return null;
    }
    if (name === null) {
      const near = nearest(key, Object.keys(options));
      const known = Object.keys(options),
        others = known.length > 0 ? `There are: ${known.join(", ")}` : undefined,
        hint = instead?.[key.toLowerCase()] ?? (near ? `Did you mean '${near}'?` : others);
      report.add(keyAt, `Connector ${connector} has no option '${key}'`, hint);
      sound = false;
      continue;
    }
    if (read.has(name)) {
      report.add(keyAt, `Option '${key}' is given twice`);
      sound = false;
      continue;
    }
    const value = valueOf(option, options[name].type, report);
    if (value === null) sound = false;
    else read.set(name, { value, at: option.at });
  }
  return sound ? read : null;
}

function nameOf(key: string, options: ConnectorSpec["options"]): string | null {
  if (Object.hasOwn(options, key)) return key;
  return Object.keys(options).find((name) => options[name].aliases?.includes(key)) ?? null;
}

function valueOf(
  { key, value, valueAt }: ast.Option,
  type: OptionType,
  report: Report,
): string | number | boolean | null {
  const refuse = (fits: string) => report.add(valueAt, `Option '${key}' cannot be '${value}'`, `What fits: ${fits}`);
  if (typeof type !== "string") {
    const found = type.find((one) => one === value) ?? type.find((one) => one.toLowerCase() === value.toLowerCase());
    if (found !== undefined) return found;
    const near = nearest(value, type);
    return refuse(near ? `${near}, for instance; or ${type.join(", ")}` : type.join(", "));
  }
  switch (type) {
    case "text":
      return value === "" ? refuse("a text that is not empty") : value;
    case "boolean":
      return /^(true|false)$/i.test(value) ? value.toLowerCase() === "true" : refuse("true, false");
    case "integer":
      return /^\d{1,15}$/.test(value) ? Number(value) : refuse("a whole number");
    case "duration":
      return durationOf(value) ?? refuse("a duration such as 10 s, 5 min, 1 h");
    case "durations":
      return (durationsOf(value)?.length ?? Infinity) <= DEAD_RETRIES_MAX
        ? value
        : refuse(`at most ${DEAD_RETRIES_MAX} durations with commas between, such as 10 s, 1 min, 10 min`);
    case "character": {
      const plain = value === "\\t" ? "\t" : value;
      return plain.length === 1 ? plain : refuse("one character");
    }
  }
}
