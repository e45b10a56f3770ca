import type { Expression, JsonCall, JsonFallback, Name, Span, TypeName } from "./ast.ts";
import { SqlMistake } from "./errors.ts";
import type { Encoded } from "./tokens_encode.ts";

/** What may stand behind the arguments of functions of JSON. */
export type JsonClause =
  & { readonly at: Span }
  & (
    | { readonly clause: "returning"; readonly type: TypeName }
    | { readonly clause: "wrapper"; readonly wrapper: NonNullable<JsonCall["wrapper"]> }
    | { readonly clause: "on"; readonly event: string; readonly fallback: JsonFallback }
  );

/** What functions of JSON give ON EMPTY, ON ERROR and ON NULL. */
const FALLBACKS = ["NULL", "ERROR", "EMPTY", "ABSENT", "TRUE", "FALSE", "UNKNOWN"];

/** What the grammar asks of words that mean something in JSON alone. */
export function jsonWords({ source, tokens }: Encoded) {
  const upper = (i: number) => source.slice(tokens[i].start, tokens[i].end).toUpperCase();
  const isWord = (i: number, ...words: readonly string[]) => tokens[i]?.kind === "word" && words.includes(upper(i));
  return {
    /** The word at a place in upper case. */
    upper,
    /** Whether a token is one of these words, without quotes. */
    isWord,
    /** Whether KEY stands in front of a key of JSON: it may be a column. */
    isJsonKey: (i: number): boolean =>
      isWord(i, "KEY") && tokens[i + 1] !== undefined && tokens[i + 1].kind !== "symbol" && !isWord(i + 1, "VALUE"),
    /** Whether what may stand behind the arguments of functions of JSON begins there. */
    isJsonClause: (i: number): boolean => {
      if (isWord(i, "RETURNING", "DEFAULT")) return true;
      if (isWord(i, "WITH", "WITHOUT")) return [1, 2, 3].some((n) => isWord(i + n, "WRAPPER"));
      return isWord(i, ...FALLBACKS) && [1, 2].some((n) => isWord(i + n, "ON"));
    },
  };
}

/** For each function what may stand behind its arguments, and what may be said of which event. */
const FORMS: Readonly<
  Record<JsonCall["fn"], { clauses: readonly string[]; events: Readonly<Record<string, readonly string[]>> }>
> = {
  JSON_VALUE: {
    clauses: ["returning", "on"],
    events: { EMPTY: ["NULL", "ERROR", "DEFAULT"], ERROR: ["NULL", "ERROR", "DEFAULT"] },
  },
  JSON_QUERY: {
    clauses: ["returning", "wrapper", "on"],
    events: {
      EMPTY: ["NULL", "ERROR", "EMPTY ARRAY", "EMPTY OBJECT"],
      ERROR: ["NULL", "ERROR", "EMPTY ARRAY", "EMPTY OBJECT"],
    },
  },
  JSON_EXISTS: { clauses: ["on"], events: { ERROR: ["TRUE", "FALSE", "UNKNOWN", "ERROR"] } },
  JSON_OBJECT: { clauses: ["on"], events: { NULL: ["NULL", "ABSENT"] } },
  JSON_ARRAY: { clauses: ["on"], events: { NULL: ["NULL", "ABSENT"] } },
};

function isJsonFunction(name: string): name is JsonCall["fn"] {
  return Object.hasOwn(FORMS, name);
}

/** A function of JSON in the words of the standard. `pairs`: the values of arguments that are written `key VALUE value`, null of the others. */
export function jsonCall(
  name: Name,
  args: readonly Expression[],
  pairs: readonly (Expression | null)[],
  clauses: readonly JsonClause[],
  at: Span,
): JsonCall {
  const fn = name.parts.map((part) => part.name).join(".").toUpperCase();
  if (!isJsonFunction(fn)) {
    throw new SqlMistake(
      clauses[0]?.at ?? at,
      `${fn} takes no such clause`,
      `These do: ${Object.keys(FORMS).join(", ")}`,
    );
  }
  if (fn === "JSON_OBJECT" ? pairs.includes(null) : pairs.some((pair) => pair !== null)) {
    throw new SqlMistake(
      at,
      `${fn} is written ${fn === "JSON_OBJECT" ? "JSON_OBJECT(KEY k VALUE v, …)" : `${fn}(x, …)`}`,
    );
  }
  const { clauses: known, events } = FORMS[fn], on: Record<string, JsonFallback> = {};
  let returning: TypeName | null = null, wrapper: JsonCall["wrapper"] = null;
  for (const clause of clauses) {
    if (!known.includes(clause.clause)) throw new SqlMistake(clause.at, `${fn} takes no such clause`);
    if (clause.clause === "returning") returning = clause.type;
    else if (clause.clause === "wrapper") wrapper = clause.wrapper;
    else {
      const { event, fallback } = clause, may = events[event] ?? [];
      if (!may.includes(fallback.what)) {
        const forms = Object.entries(events).flatMap(([one, whats]) => whats.map((what) => `${what} ON ${one}`));
        throw new SqlMistake(
          clause.at,
          `${fn} takes no ${fallback.what} ON ${event}`,
          `What fits: ${forms.join(", ")}`,
        );
      }
      if (on[event]) throw new SqlMistake(clause.at, `ON ${event} stands twice`);
      on[event] = fallback;
    }
  }
  const flat = args.flatMap((arg, i) => pairs[i] ? [arg, pairs[i]] : [arg]);
  return { kind: "json_call", fn, args: flat, returning, wrapper, on, at };
}

/** `DEFAULT v ON EMPTY` and its like. */
export function jsonOn(what: string, value: Expression | null, event: string, at: Span): JsonClause {
  const fallback = { what: what.toUpperCase() as JsonFallback["what"], value, at };
  return { clause: "on", event: event.toUpperCase(), fallback, at };
}
