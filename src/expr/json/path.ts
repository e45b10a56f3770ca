import { JSON_PATH_STEPS_MAX } from "../../core/limits.ts";

/** Why a path is none, and from which of its characters on (from 0). */
export class JsonPathError extends Error {
  constructor(readonly at: number, message: string, readonly hint?: string) {
    super(message);
  }
}

/** Marks a step to an item of an array. */
const INDEX = 0x80000000, INDEX_MAX = 0x7fffffff;
const STEP =
  /\.?\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\d{1,10}))\s*\]|\.("(?:[^"\\]|\\.)*"|[^\s.[\]()'"*?@,:]+)/y;

/**
 * Compiles an SQL/JSON path: `$`, then members `.name`, `."name"`, `['name']` and items `[0]`; `lax` (the default) or `strict` in front.
 * Wildcards, filters and methods are refused with JsonPathError.
 */
export function compileJsonPath(path: string): Uint8Array<ArrayBuffer> {
  const start = /^\s*(lax\b|strict\b)?\s*\$/i.exec(path);
  if (!start) throw new JsonPathError(0, "A path begins with $", "What fits: $.a.b[0], $['a b'], strict $.a");
  const bytes: number[] = [],
    word = (value: number) => bytes.push(...[0, 8, 16, 24].map((shift) => value >>> shift & 0xff));
  word(start[1]?.toLowerCase() === "strict" ? 1 : 0);
  let at = start[0].length;
  for (let steps = 0; path.slice(at).trim() !== ""; steps++) {
    if (steps === JSON_PATH_STEPS_MAX) {
      throw new JsonPathError(at, `The path has more than ${JSON_PATH_STEPS_MAX} steps`);
    }
    STEP.lastIndex = at;
    const step = STEP.exec(path);
    if (!step) throw refused(path, at);
    const [all, single, double, index, name] = step;
    if (index !== undefined) {
      if (Number(index) > INDEX_MAX) throw new JsonPathError(at, `${index} is no index`);
      word((INDEX | Number(index)) >>> 0);
    } else {
      const key = new TextEncoder().encode(
        unquoted(single ?? double ?? (name.startsWith('"') ? name.slice(1, -1) : null)) ?? name,
      );
      word(key.length);
      bytes.push(...key);
    }
    at += all.length;
  }
  return Uint8Array.from(bytes);
}

/** What stands between quotes, where a backslash makes the next character stand for itself. */
function unquoted(text: string | null): string | null {
  return text === null ? null : text.replace(/\\(.)/gsu, "$1");
}

function refused(path: string, at: number): JsonPathError {
  const rest = path.slice(at);
  const hint = "What fits: .name, ['name'], [0]";
  if (/^\.?\[?\s*\*/.test(rest)) {
    return new JsonPathError(
      at,
      "Wildcards give many values",
      `Ask for one, or take json_query of what is around; ${hint}`,
    );
  }
  if (/^\.\./.test(rest)) return new JsonPathError(at, "Descent to any depth gives many values", hint);
  if (/^\s*\?/.test(rest)) return new JsonPathError(at, "Filters give many values", hint);
  if (/^\.?\[\s*(last|\d+\s*(to|,|:))/i.test(rest)) {
    return new JsonPathError(at, "Ranges and places from the end are not known", hint);
  }
  if (/^\s*\(/.test(rest)) return new JsonPathError(at, "Methods are not known", hint);
  return new JsonPathError(at, "This is no step of a path", hint);
}
