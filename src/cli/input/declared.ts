import type { SchemaInference } from "../../codec.ts";
import { FUTURE_SKEW_MS } from "../../core/limits.ts";
import type { EngineService } from "../../runtime/service.ts";
import { compileSql } from "../../sql/mod.ts";
import { usage } from "../exit.ts";
import type { Arguments } from "../flags.ts";
import type { Terminal } from "../terminal.ts";
import { durationOf } from "./duration.ts";
import { INPUT, InputFeed, timeColumn } from "./feed.ts";
import { openInput } from "./source.ts";
import { usedColumns } from "./used.ts";

/** Unless it is said, rows of `--time` are in order, and several may have one time. */
const DELAY_MS = 1;

/** A script, and the URL that modules in it are relative to. */
export interface ScriptText {
  readonly text: string;
  readonly base: string;
}

/** Whether a script reads the table `input`, which nobody declares or (`declared`) it does itself. */
function readsInput({ text, base }: ScriptText, engine: EngineService): "declared" | "undeclared" | "never" {
  let asked = false;
  const catalog = engine.pipelines.catalog;
  const probing = compileSql(text, {
    ...catalog,
    stream(name) {
      const stream = catalog.stream(name);
      if (name === INPUT && stream === null) asked = true;
      return stream;
    },
    streamNames: () => [],
  }, { name: "query", base, sink: { kind: "view", name: "result" }, whole: true });
  if (probing.streams.some(({ name }) => name === INPUT)) return "declared";
  return asked ? "undeclared" : "never";
}

/** The table `input`, where the script reads it: declared in the engine, with its first rows looked at. */
export async function inputOf(
  script: ScriptText,
  args: Arguments,
  terminal: Terminal,
  engine: EngineService,
  inference: SchemaInference,
): Promise<InputFeed | null> {
  const reads = readsInput(script, engine);
  if (reads === "never") return null;
  const feed = new InputFeed(openInput(args, terminal)), time = args.text("time"), delay = args.text("delay");
  if (reads === "declared") {
    if (time !== undefined) throw usage("The script declares input: give its event time there, with WATERMARK FOR");
    return feed;
  }
  const columns = await feed.columns(inference);
  const info = {
    columns,
    time: time === undefined ? null : timeColumn(columns, time),
    delayMs: time === undefined ? 0 : delay === undefined ? DELAY_MS : durationOf("delay", delay),
    futureSkewMs: time === undefined ? FUTURE_SKEW_MS : 0,
  };
  engine.streams.put(INPUT, {
    ...info,
    columns: usedColumns(script.text, info, engine.pipelines.catalog),
    onError: "dead_letter",
    retentionMs: null,
  });
  return feed;
}
