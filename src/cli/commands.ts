import type { CreateEngine, OpenPipe, OpenSite } from "./engine_options.ts";
import type { ExitCode } from "./exit.ts";
import type { Arguments, Flags } from "./flags.ts";
import type { Terminal } from "./terminal.ts";

/** Runs a command to its end; resolves to the exit code. */
export type RunCommand = (
  args: Arguments,
  terminal: Terminal,
  createEngine: CreateEngine,
  openSite: OpenSite,
  openPipe: OpenPipe,
) => Promise<ExitCode>;

/** One thing that the command line does. What it runs is loaded when it is called. */
export interface Command {
  readonly summary: string;
  /** What stands behind the flags. */
  readonly positionals: string;
  readonly flags: Flags;
  readonly examples: readonly (readonly [line: string, about: string])[];
  load(): Promise<RunCommand>;
}

const WORKERS = { value: "N", about: "Worker threads (default: as the machine has them)" } as const;
const SERVER = {
  value: "URL",
  about: "A running server (default http://127.0.0.1:8080); RDX_TOKEN is sent to it",
} as const;
/** What the table input is. */
const INPUT = {
  format: { value: "FORMAT", about: "ndjson (default), json, csv or parquet; the file's ending tells it too" },
  time: { value: "COLUMN", about: "The column of event time of the table input" },
  delay: {
    value: "DURATION",
    about: "How far rows may be out of order, such as 5s (with --time; default 1ms: rows in order)",
  },
} as const;
const INPUT_COLUMNS = {
  value: "FILE",
  about: "Tell the columns of the table input from the first rows of this file (-: standard input)",
} as const;
const ALLOW_PRIVATE = {
  value: "ADDRESS",
  about:
    "Let lookups and webhooks ask servers of an inner network that have this address, such as 10.0.0.7 or 10.0.0.0/8; " +
    "may be repeated (default: none)",
  repeated: true,
} as const;
const STREAM = {
  value: "NAME=FILE",
  about: "Declare a stream from a JSON file, as PUT /v1/streams/NAME takes it; may be repeated",
  repeated: true,
} as const;

export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    summary: "Start the server, and deploy the scripts and plans that are named",
    positionals: "[script.sql | plan.json ...]",
    flags: {
      host: {
        value: "ADDRESS",
        about: "Address to listen on (default 127.0.0.1); elsewhere than loopback it needs RDX_TOKEN",
      },
      port: { value: "PORT", about: "Port to listen on (default 8080); 0 takes one that is free" },
      data: { value: "FOLDER", about: "Data directory (default ./rdx-data)" },
      workers: WORKERS,
      durability: {
        value: "LEVEL",
        about:
          "What an accepted row survives: fsync, a power cut (default); os, the end of the process; none, nothing, " +
          "with all in memory and no data directory",
      },
      compression: { value: "zstd", about: "Write rows to the data directory packed (default none)" },
      "checkpoint-interval": {
        value: "DURATION",
        about:
          "How often pipelines write down what they have, so that a restart goes on from there (default 10s); 0 only at SIGTERM",
      },
      "state-memory": {
        value: "BYTES",
        about:
          "Memory for the state of each pipeline in each worker, such as 512MB (default 3GiB); rows that have no room " +
          "go to disk, where they can",
      },
      store: {
        value: "KIND",
        about: "What keeps checkpoints in the data directory: files (default), or sqlite, one database",
      },
      "auto-create": {
        about: "Make a stream when its first rows come (default on loopback)",
        negatable: true,
      },
      "allow-origin": {
        value: "ORIGIN",
        about: "Let pages of this origin use the server, such as https://a.example, or * for all; may be repeated; " +
          "also RDX_ALLOW_ORIGIN, with commas between (default: the server's own page only)",
        repeated: true,
      },
      "allow-private": ALLOW_PRIVATE,
      functions: {
        value: "FILE|FOLDER",
        about:
          "Let plans and scripts call user functions of this module, or of modules in this folder; may be repeated " +
          "(default: of none)",
        repeated: true,
      },
      start: {
        value: "PLACE",
        about:
          "Where the sources of what is named begin: earliest (default), latest, or a time of arrival such as 2026-01-01T00:00:00Z",
      },
      state: {
        value: "keep|fresh",
        about: "What of the state of earlier versions of what is named goes on: keep (default), or fresh: none of it",
      },
      insecure: { about: "Let anyone in who reaches the server: no token off loopback" },
      stream: STREAM,
      "log-level": { value: "LEVEL", about: "debug, info (default), warn or error" },
    },
    examples: [
      ["rdx serve", "on http://127.0.0.1:8080, with nothing deployed"],
      ["rdx serve --port 0 traffic.json", "on any free port, with one pipeline"],
      ["rdx serve --allow-origin https://shop.example", "for pages that embed live views"],
      ["rdx serve --functions ./functions", "with user functions from the modules in a folder"],
      ["RDX_TOKEN=… rdx serve --host 0.0.0.0", "for other machines that know the token"],
    ],
    load: async () => (await import("./serve.ts")).serve,
  },
  run: {
    summary: "Run a query, a script or a plan over inputs that end, and print the result",
    positionals: '"SELECT …" | script.sql | plan.json',
    flags: {
      input: { value: "FILE", about: "Read the table input from this file (default: standard input)" },
      ...INPUT,
      output: { value: "FORMAT", about: "ndjson (default when piped), csv or table (default on a terminal)" },
      "allow-private": ALLOW_PRIVATE,
      workers: WORKERS,
      quiet: { about: "Show no progress" },
    },
    examples: [
      [
        'cat events.ndjson | rdx run "SELECT city, COUNT(*) AS n FROM input GROUP BY city"',
        "a query over what is piped in",
      ],
      ["rdx run --input trips.csv --time pickup --delay 5m report.sql", "a script over a file, with event time"],
      ["rdx run report.json > result.ndjson", "a plan; results to a file, progress on the terminal"],
    ],
    load: async () => (await import("./run.ts")).run,
  },
  check: {
    summary: "Say what is wrong with scripts and plans, if anything is",
    positionals: "script.sql | plan.json ...",
    flags: { stream: STREAM, input: INPUT_COLUMNS, ...INPUT },
    examples: [
      ["rdx check --stream bids=bids.json hot.sql", "a script that reads a stream"],
      ["rdx check --input trips.csv --time pickup report.sql", "a script over a file"],
    ],
    load: async () => (await import("./check.ts")).check,
  },
  explain: {
    summary: "Show how a query, a script or a plan would work",
    positionals: '"SELECT …" | script.sql | plan.json',
    flags: { stream: STREAM, input: INPUT_COLUMNS, ...INPUT, json: { about: "As JSON" } },
    examples: [
      ["rdx explain report.sql", "as text"],
      ["rdx explain --input trips.csv --time pickup report.sql", "a script over a file, as rdx run takes it"],
    ],
    load: async () => (await import("./check.ts")).explain,
  },
  dead: {
    summary: "List, count, replay or discard the dead rows of a stream of a running server",
    positionals: "list | reasons | replay | discard STREAM",
    flags: {
      server: SERVER,
      reason: { value: "TEXT", about: "Rows with this in their reason" },
      field: { value: "NAME", about: "Rows whose reason names this field" },
      pipeline: {
        value: "NAME",
        about: "Rows that this pipeline left out; a replay puts them into their stream again",
      },
      from: { value: "TIME", about: "Rows that failed at this time or later, such as 2026-01-01T12:00:00Z" },
      to: { value: "TIME", about: "Rows that failed before this time" },
      "offset-from": { value: "N", about: "Rows with this offset or a greater one" },
      "offset-to": { value: "N", about: "Rows with a lesser offset" },
      ids: { value: "N,N", about: "These rows alone, by the ids that list tells" },
      limit: { value: "N", about: "list: rows at most (default 100)" },
      order: { value: "ORDER", about: "list: newest (default) or oldest first" },
      json: { about: "As JSON, also on a terminal; list: one row a line" },
      yes: { about: "discard: all of them, where nothing else says which" },
    },
    examples: [
      ["rdx dead list orders", "the newest, with what is wrong with each"],
      ["rdx dead reasons orders", "how many there are of each reason"],
      ['rdx dead replay orders --reason "not nullable"', "once what was wrong is mended"],
      ["rdx dead discard orders --to 2026-01-01", "what nobody wants any more"],
    ],
    load: async () => (await import("./dead.ts")).dead,
  },
  replay: {
    summary: "Run a pipeline, a script or a plan once more over what streams have, and print the result",
    positionals: "PIPELINE | script.sql | plan.json",
    flags: {
      data: { value: "FOLDER", about: "A data directory that no server uses; nothing in it changes but a torn end" },
      server: SERVER,
      from: {
        value: "OFFSET|TIME",
        about: "The first row of each stream, or when it arrived in ISO 8601 (default: the oldest that is kept)",
      },
      to: { value: "OFFSET|TIME", about: "Behind the last row, likewise (default: behind the newest)" },
      at: {
        value: "CHECKPOINT",
        about: "Begin with the state of this checkpoint, and do what came behind it as it was done then",
      },
      workers: WORKERS,
    },
    examples: [
      ["rdx replay traffic --from 2024-05-01T10:00 --to 2024-05-01T11:00", "an hour, on a running server"],
      ["rdx replay traffic --at 5120 --to 90000 --data ./rdx-data", "the same results as then, where no server runs"],
      ["rdx replay hot.sql --from 1000 --to 2000", "a script over a thousand rows"],
    ],
    load: async () => (await import("./replay.ts")).replay,
  },
  savepoint: {
    summary: "Take savepoints of pipelines of a running server, and move them to files and back",
    positionals:
      "take PIPELINE NAME | list PIPELINE | export PIPELINE FILE | import PIPELINE FILE | delete PIPELINE NAME",
    flags: {
      server: SERVER,
      name: { value: "NAME", about: "export: a savepoint that is kept (default: one that is taken now)" },
      start: {
        value: "WHERE",
        about: "import: where sources of streams go on: saved (default), earliest or latest",
      },
      plan: {
        value: "WHICH",
        about:
          "import: the plan that it goes on under: saved (default), or deployed: that which the pipeline has there",
      },
      quiet: { about: "Show no progress" },
    },
    examples: [
      ["rdx savepoint take traffic before-upgrade", "kept on the server until it is deleted"],
      ["rdx savepoint export traffic traffic.rdxsave", "what the pipeline has now, in one file"],
      [
        "rdx savepoint import traffic2 traffic.rdxsave --server http://other:8080",
        "under another name, on another server",
      ],
    ],
    load: async () => (await import("./savepoint.ts")).savepoint,
  },
  state: {
    summary: "Show what a pipeline of a running server keeps, what that comes to, or rows of a node by their key",
    positionals: "PIPELINE [NODE [KEY]]",
    flags: {
      server: SERVER,
      digest: { about: "SHA-256 of all that it keeps, equal for the same plan and order with any number of workers" },
      offset: {
        value: "N",
        about: "With --digest: at this number of its order, of a checkpoint that is kept (default: now)",
      },
      table: { value: "NAME", about: "With a node: one of its tables (default: that of its keys)" },
      limit: { value: "N", about: "With a node: rows at most (default 100)" },
      internal: { about: "With a node: with the columns that it keeps for itself" },
      json: { about: "As JSON, also on a terminal" },
    },
    examples: [
      ["rdx state orders", "rows, bytes and the keys that get most rows, by operator"],
      ["rdx state orders --digest", "to compare two servers"],
      ["rdx state orders totals EUR", "what node totals keeps of a key; '[\"EUR\",7]' where it has two columns"],
    ],
    load: async () => (await import("./state.ts")).state,
  },
  fmt: {
    summary: "Write scripts of SQL in one form",
    positionals: "[script.sql ...]",
    flags: { check: { about: "Change nothing; exit code 1 when a script has another form" } },
    examples: [
      ["rdx fmt report.sql", "in place"],
      ["rdx fmt < report.sql", "what is piped in, to stdout"],
    ],
    load: async () => (await import("./fmt.ts")).fmt,
  },
};
