import { BOOL, STRING } from "../../core/schema.ts";
import type * as ast from "../ast.ts";
import type { ExpressionBinder } from "./expression.ts";
import { sqlType, typeNamed } from "./types.ts";
import type { Value } from "./value.ts";

/** A function of JSON in the words of the standard: what it is among the functions of the language. */
export function bindJsonCall(call: ast.JsonCall, binder: ExpressionBinder): Value | null {
  const { fn, on, at, returning } = call, { values } = binder, { report } = values;
  const args = binder.bindAll(call.args), type = returning ? typeNamed(returning, report) : null;
  const fails = Object.values(on).find(({ what }) => what === "ERROR");
  if (fails) report.add(fails.at, "A row cannot end a stream", "Write NULL, or DEFAULT and a value");
  if (args === null || fails || (returning && type === null)) return null;
  switch (fn) {
    case "JSON_VALUE": {
      if (type?.nested) {
        const hint = `Write JSON_QUERY(… RETURNING ${sqlType(type)})`;
        return report.add(returning!.at, `JSON_VALUE gives single values, and ${sqlType(type)} is none`, hint);
      }
      const all = withFallbacks(args, on, binder);
      return all && values.call("json_value", all, at, fn, type ?? undefined);
    }
    case "JSON_QUERY": {
      const wrapper = values.literal((call.wrapper ?? "WITHOUT").toLowerCase(), STRING, at);
      const all = withFallbacks([...args, wrapper], on, binder);
      const found = all && values.call("json_query", all, at, fn);
      return found && type ? values.cast(found, type, at, "RETURNING") : found;
    }
    case "JSON_EXISTS": {
      const fallback = on.ERROR;
      if (!fallback) return values.call("json_exists", args, at, fn);
      const value = fallback.what === "UNKNOWN" ? null : fallback.what === "TRUE";
      return values.call("json_exists", [...args, values.literal(value, BOOL, fallback.at)], at, fn);
    }
    case "JSON_OBJECT":
      return values.call(on.NULL?.what === "ABSENT" ? "json_object_absent" : "json_object", args, at, fn);
    case "JSON_ARRAY":
      return values.call(on.NULL?.what === "NULL" ? "json_array_null" : "json_array", args, at, fn);
  }
}

/** The arguments, then what comes where nothing is there, then where something is wrong, as far as either is said. */
function withFallbacks(args: readonly Value[], on: ast.JsonCall["on"], binder: ExpressionBinder): Value[] | null {
  const wanted = on.ERROR ? [on.EMPTY, on.ERROR] : on.EMPTY ? [on.EMPTY] : [];
  const made = wanted.map((fallback) => fallbackOf(fallback, args[0].at, binder));
  return made.includes(null) ? null : [...args, ...made as Value[]];
}

function fallbackOf(fallback: ast.JsonFallback | undefined, at: ast.Span, binder: ExpressionBinder): Value | null {
  const { values } = binder;
  switch (fallback?.what) {
    case "DEFAULT":
      return binder.bind(fallback.value!);
    case "EMPTY ARRAY":
      return values.literal("[]", STRING, fallback.at);
    case "EMPTY OBJECT":
      return values.literal("{}", STRING, fallback.at);
    default:
      return values.literal(null, null, fallback?.at ?? at);
  }
}

/** `x IS JSON OBJECT`. */
export function bindIsJson({ arg, what, not, at }: ast.JsonTest, binder: ExpressionBinder): Value | null {
  const { values } = binder, value = binder.bind(arg);
  const is = value && values.call("is_json", [value, values.literal(what.toLowerCase(), STRING, at)], at, "IS JSON");
  return is && not ? values.call("not", [is], at, "NOT") : is;
}
