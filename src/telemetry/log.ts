import { type Clock, systemClock } from "../core/clock.ts";
import { LOG_VALUE_CHARS_MAX } from "../core/limits.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

/** What a log line says beside its message. Names that smell of secrets are blacked out. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with `fields` in every line. */
  child(fields: LogFields): Logger;
}

export interface LogOptions {
  /** Takes one line, with its line feed. */
  readonly write: (line: string) => void;
  /** The least level that is written (default info). */
  readonly level?: LogLevel;
  /** `json` for machines (the default), `text` for people at a terminal. */
  readonly format?: "json" | "text";
  /** Values that never appear, wherever they stand. */
  readonly secrets?: readonly string[];
  readonly clock?: Clock;
}

const SECRET_NAME = /token|secret|passw|authorization|credential|cookie|api_?key/i;
const HIDDEN = "[hidden]";

/** Makes a log. One call writes one line, whatever its values contain. */
export function createLog(options: LogOptions): Logger {
  return logWith(options, {});
}

/** A log that writes nothing. */
export const silentLog: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};

function logWith(options: LogOptions, shared: LogFields): Logger {
  const least = LOG_LEVELS.indexOf(options.level ?? "info"), clock = options.clock ?? systemClock;
  const secrets = (options.secrets ?? []).filter((secret) => secret !== "")
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  const log = (level: LogLevel, message: string, fields: LogFields = {}) => {
    if (LOG_LEVELS.indexOf(level) < least) return;
    const time = new Date(clock.now()).toISOString(), all = { ...shared, ...fields };
    const line = options.format === "text" ? asText(time, level, message, all) : asJson(time, level, message, all);
    options.write(`${secrets.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line)}\n`);
  };
  return {
    debug: (message, fields) => log("debug", message, fields),
    info: (message, fields) => log("info", message, fields),
    warn: (message, fields) => log("warn", message, fields),
    error: (message, fields) => log("error", message, fields),
    child: (fields) => logWith(options, { ...shared, ...fields }),
  };
}

function asJson(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const line: [string, unknown][] = [["time", time], ["level", level], ["message", message]];
  for (const [name, value] of Object.entries(fields)) line.push([name, shown(name, value)]);
  return `{${line.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
}

function asText(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const rest = Object.entries(fields).map(([name, value]) => {
    const one = shown(name, value);
    return ` ${name}=${typeof one === "string" && /^[\w./:@-]+$/.test(one) ? one : JSON.stringify(one)}`;
  });
  return printable(`${time.slice(11, 23)} ${level.padEnd(5)} ${message}${rest.join("")}`);
}

// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Line ends and terminal codes of foreign text must not reach a terminal. */
function printable(text: string): string {
  return text.replace(UNPRINTABLE, (code) => `\\u${code.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function shown(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name)) return HIDDEN;
  if (value instanceof Error) return shorten(value.stack ?? value.message);
  if (typeof value === "string") return shorten(value);
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") {
    return shorten(String(value));
  }
  if (typeof value !== "object" || value === null) return value ?? null;
  try {
    const text = JSON.stringify(value, (inner, one) => inner !== "" && SECRET_NAME.test(inner) ? HIDDEN : one);
    return text.length <= LOG_VALUE_CHARS_MAX ? JSON.parse(text) : shorten(text);
  } catch {
    return "[not printable]";
  }
}

function shorten(text: string): string {
  return text.length <= LOG_VALUE_CHARS_MAX ? text : `${text.slice(0, LOG_VALUE_CHARS_MAX)}…`;
}
