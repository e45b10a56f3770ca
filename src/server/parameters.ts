import { RdxError } from "../core/errors.ts";
import type { RenderOptions } from "../core/render.ts";
import { NAME_PATTERN } from "../core/schema.ts";
import { nearest } from "../core/nearest.ts";
import type { LogPlace, PipelineStart } from "../runtime/service.ts";
import type { Context } from "./context.ts";

/** May stand at every route: browsers cannot set headers for event streams and WebSockets. */
export const TOKEN_PARAMETER = "access_token";

/**
 * The query of a request. Unknown names are refused with the nearest known one, so that a slip of the hand never passes as
 * a question without it; so are repeated ones, except those in `repeated`.
 */
export class Parameters {
  readonly #all: URLSearchParams;

  constructor(context: Context, known: readonly string[], repeated: readonly string[] = []) {
    const url = context.req.url, at = url.indexOf("?");
    this.#all = new URLSearchParams(at < 0 ? "" : url.slice(at + 1));
    for (const name of new Set(this.#all.keys())) {
      if (repeated.includes(name) || name === TOKEN_PARAMETER) continue;
      if (!known.includes(name)) throw unknown(name, [...known, ...repeated]);
      if (this.#all.getAll(name).length > 1) throw invalid(`Parameter ${name} is given more than once`);
    }
  }

  text(name: string): string | null {
    return this.#all.get(name);
  }

  all(name: string): string[] {
    return this.#all.getAll(name);
  }

  choice<const Choices extends readonly string[]>(
    name: string,
    choices: Choices,
    otherwise: Choices[number],
  ): Choices[number] {
    const text = this.#all.get(name);
    if (text === null) return otherwise;
    if (choices.includes(text)) return text;
    throw invalid(`Parameter ${name} is ${JSON.stringify(text)}: expected ${choices.join(" or ")}`);
  }

  flag(name: string): boolean {
    return this.choice(name, ["false", "true"], "false") === "true";
  }

  /** A whole number of `least` to `most`. */
  integer(name: string, least: number, most: number, otherwise: number): number {
    const text = this.#all.get(name);
    if (text === null) return otherwise;
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw invalid(`Parameter ${name} is ${JSON.stringify(text)}: expected a whole number of ${least} to ${most}`);
  }

  /** A point in time as epoch ms, given as such or as ISO 8601 (without a zone: UTC). */
  time(name: string): number | undefined {
    const text = this.#all.get(name);
    return text === null ? undefined : parseTime(`Parameter ${name}`, text, "epoch milliseconds or ISO 8601");
  }

  /** `int64=string` and `time=ms`, for whoever cannot take the defaults. */
  rendering(): RenderOptions {
    return {
      int64: this.choice("int64", ["number", "string"], "number"),
      time: this.choice("time", ["iso", "ms"], "iso"),
    };
  }
}

/** Names of the parameters that `rendering` reads. */
export const RENDERING = ["int64", "time"] as const;

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** Where the sources of a pipeline begin, as it is written: `earliest`, `latest` or a time. Throws RdxError("invalid"). */
export function parseStart(what: string, text: string): PipelineStart {
  if (text === "earliest" || text === "latest") return text;
  return { timeMs: parseTime(what, text, "earliest, latest, epoch milliseconds or ISO 8601") };
}

/** A place in a log: `earliest`, `latest`, an offset in digits, or a time of arrival. Throws RdxError("invalid"). */
export function parsePlace(what: string, text: string): LogPlace {
  if (text === "earliest" || text === "latest") return text;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  const expected = "an offset, earliest, latest or a time in ISO 8601";
  if (/^-\d+$/.test(text)) throw invalid(`${what} is ${JSON.stringify(text.slice(0, 200))}: expected ${expected}`);
  return { timeMs: parseTime(what, text, expected) };
}

/** Milliseconds of a time that is written as epoch milliseconds or ISO 8601; null for anything else. */
export function readTime(text: string): number | null {
  if (/^-?\d{1,16}$/.test(text)) return Number(text);
  // A plus sign that was not escaped has become a space.
  const match = ISO.exec(text.replace(/^(\S+T\S+) (\d{2}:\d{2})$/, "$1+$2"));
  const time = match ? Date.parse(`${match[1]}T${match[2] ?? "00:00"}${match[3] ?? "Z"}`) : NaN;
  return Number.isNaN(time) ? null : time;
}

function parseTime(what: string, text: string, expected: string): number {
  const time = readTime(text);
  if (time !== null) return time;
  throw invalid(`${what} is ${JSON.stringify(text.slice(0, 200))}: expected ${expected}`);
}

/** The name in the path, if it may be one. Throws RdxError("invalid"). */
export function nameOf(context: Context, what: "stream" | "pipeline" | "view"): string {
  return checkedName(context.req.param("name") ?? "", what);
}

/** A name that may be one. Throws RdxError("invalid"). */
export function checkedName(name: string, what: string): string {
  if (NAME_PATTERN.test(name)) return name;
  throw invalid(
    `${
      JSON.stringify(name.slice(0, 200))
    } is no name for a ${what}: expected a letter or _, then up to 127 letters, digits, _, . or -`,
  );
}

function unknown(name: string, known: readonly string[]): RdxError {
  const near = nearest(name, known), shown = JSON.stringify(name.slice(0, 200));
  if (known.length === 0) return invalid(`Unknown parameter ${shown}: this path takes none`);
  return invalid(`Unknown parameter ${shown}: ${near ? `did you mean ${near}?` : `expected ${known.join(", ")}`}`);
}

function invalid(message: string): RdxError {
  return new RdxError("invalid", message);
}
