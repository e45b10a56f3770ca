import { pathToFileURL } from "node:url";
import { PLAN_BYTES_MAX, SQL_BYTES_MAX } from "../core/limits.ts";
import { reasonOf } from "../core/errors.ts";
import { NAME_PATTERN } from "../core/schema.ts";
import type { EngineService } from "../runtime/service.ts";
import { parseDeclaration } from "../server/declaration.ts";
import { CommandError, EXIT, usage } from "./exit.ts";
import { pathOf, type Terminal } from "./terminal.ts";

/** A plan as it stands in a file. */
export interface PlanFile {
  /** As the caller wrote it. */
  readonly path: string;
  /** The name of the pipeline: the plan's, else the file's without its ending. */
  readonly name: string;
  readonly plan: unknown;
}

/** Reads a plan. Throws CommandError: the file is missing, or is no JSON. */
export function readPlanFile(terminal: Terminal, path: string): PlanFile {
  const plan = readJsonFile(terminal, path);
  const named = typeof plan === "object" && plan !== null ? (plan as { name?: unknown }).name : undefined;
  const file = baseName(path);
  const base = pathToFileURL(pathOf(terminal, path)).href;
  return {
    path,
    name: typeof named === "string" && NAME_PATTERN.test(named) ? named : file,
    plan: withModules(plan, base),
  };
}

/** The plan with the modules of its user functions found from where the plan is: plans themselves hold whole URLs. */
function withModules(part: unknown, base: string): unknown {
  if (typeof part !== "object" || part === null) return part;
  if (Array.isArray(part)) return part.map((one) => withModules(one, base));
  const all = Object.fromEntries(Object.entries(part).map(([name, one]) => [name, withModules(one, base)]));
  const reference = "call" in all && "args" in all ? all.function : null;
  if (typeof reference !== "object" || reference === null) return all;
  const { module } = reference as { module?: unknown };
  if (typeof module !== "string" || !/^\.\.?\//.test(module)) return all;
  return { ...all, function: { ...reference, module: new URL(module, base).href } };
}

/** The name of a file without its ending. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1)!.replace(/\.[^.]*$/, "");
}

/** A script: the text itself, or what stands in the file that is named. Throws CommandError: the file is missing, or is too large. */
export function readSql(terminal: Terminal, given: string): string {
  if (!isSqlFile(given)) return given;
  const text = readTextFile(terminal, given);
  if (text.length > SQL_BYTES_MAX) throw new CommandError(EXIT.usage, `${given} is larger than ${SQL_BYTES_MAX} bytes`);
  return text;
}

/** The URL that modules in a script are relative to: the script's file, or the caller's folder where the script is the argument itself. */
export function scriptBase(terminal: Terminal, given: string): string {
  return pathToFileURL(isSqlFile(given) ? pathOf(terminal, given) : `${terminal.folder}/`).href;
}

/** Whether an argument names a file of SQL: a query has spaces. */
export function isSqlFile(given: string): boolean {
  return given.endsWith(".sql") && !given.includes("\n");
}

/** Declares the streams of `--stream name=schema.json`. */
export function declareStreams(terminal: Terminal, engine: EngineService, declarations: readonly string[]): void {
  for (const text of declarations) {
    const at = text.indexOf("="), name = text.slice(0, at), path = text.slice(at + 1);
    if (at < 1 || path === "") throw usage(`--stream is ${JSON.stringify(text)}: expected NAME=FILE`);
    if (!NAME_PATTERN.test(name)) throw usage(`${JSON.stringify(name)} is no name for a stream`);
    engine.streams.put(name, parseDeclaration(name, readJsonFile(terminal, path)));
  }
}

function readJsonFile(terminal: Terminal, path: string): unknown {
  const text = readTextFile(terminal, path);
  if (text.length > PLAN_BYTES_MAX) {
    throw new CommandError(EXIT.usage, `${path} is larger than ${PLAN_BYTES_MAX} bytes`);
  }
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw usage(`Cannot read ${path} as JSON: ${reasonOf(thrown)}`);
  }
}

function readTextFile(terminal: Terminal, path: string): string {
  try {
    return terminal.readText(pathOf(terminal, path));
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) throw new CommandError(EXIT.missingFile, `There is no file ${path}`);
    throw new CommandError(EXIT.missingFile, `Cannot read ${path}: ${reasonOf(thrown)}`);
  }
}
