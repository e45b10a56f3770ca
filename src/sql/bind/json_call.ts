import { BOOL, type DataType, STRING } from "../../core/schema.ts";
import { isLiteral } from "../../expr/mod.ts";
import type * as ast from "../ast.ts";
import type { ExpressionBinder } from "./expression.ts";
import { sqlType, typeNamed } from "./types.ts";
import type { Value, ValueMaker } from "./value.ts";

/** A function of JSON in the words of the standard: what it is among the functions of the language. */
export function bindJsonCall(call: ast.JsonCall, binder: ExpressionBinder): Value | null {
  const { fn, on, at, returning } = call, { values } = binder, { report } = values;
  const args = binder.bindAll(call.args), type = returning ? typeNamed(returning, report) : null;
  if (args === null || (returning && type === null) || !mayRefuse(call, binder)) return null;
  switch (fn) {
    case "JSON_VALUE": {
      if (type?.nested) {
        const hint = `Write JSON_QUERY(… RETURNING ${sqlType(type)})`;
        return report.add(returning!.at, `JSON_VALUE gives single values, and ${sqlType(type)} is none`, hint);
      }
      const made = (all: readonly Value[]) => values.call("json_value", all, at, fn, type ?? undefined);
      const all = withFallbacks(args, on, binder), found = all && made(all);
      if (found) refuseRows(call, args, found.type ?? STRING, made, binder);
      return found;
    }
    case "JSON_QUERY": {
      const wrapper = values.literal((call.wrapper ?? "WITHOUT").toLowerCase(), STRING, at);
      const made = (all: readonly Value[]) => values.call("json_query", all, at, fn);
      const all = withFallbacks([...args, wrapper], on, binder), found = all && made(all);
      if (found) refuseRows(call, [...args, wrapper], STRING, made, binder);
      return found && type ? values.cast(found, type, at, "RETURNING") : found;
    }
    case "JSON_EXISTS": {
      const fallback = on.ERROR;
      if (!fallback) return values.call("json_exists", args, at, fn);
      const made = ([text, path, , value]: readonly Value[]) => values.call("json_exists", [text, path, value], at, fn);
      refuseRows(call, args, BOOL, made, binder);
      const value = fallback.what === "UNKNOWN" ? null : fallback.what === "TRUE";
      return values.call("json_exists", [...args, values.literal(value, BOOL, fallback.at)], at, fn);
    }
    case "JSON_OBJECT":
      return values.call(on.NULL?.what === "ABSENT" ? "json_object_absent" : "json_object", args, at, fn);
    case "JSON_ARRAY":
      return values.call(on.NULL?.what === "NULL" ? "json_array_null" : "json_array", args, at, fn);
  }
}

/** Whether what may refuse rows stands where that can be asked of them; else that is told. */
function mayRefuse({ fn, on }: ast.JsonCall, { place, values, isForAll }: ExpressionBinder): boolean {
  const fails = Object.values(on).find(({ what }) => what === "ERROR");
  if (fails === undefined || (place.check && isForAll)) return true;
  if (place.check) {
    const reason = "ERROR ON … refuses rows, and in a branch of CASE it would refuse those of others too";
    values.report.add(fails.at, reason, `Put CASE inside, for NULL is no error: ${fn}(CASE WHEN … THEN x END, …)`);
  } else {
    const reason = `ERROR ON … can stand in SELECT, WHERE and GROUP BY, not in ${place.clause}`;
    values.report.add(fails.at, reason, "Compute it in a subquery in FROM");
  }
  return false;
}

/**
 * Asks of each row that there is something and nothing wrong, as far as ERROR says: that is so where it makes no difference what
 * would come then. `made` gives the value with two such.
 */
function refuseRows(
  { fn, on, at }: ast.JsonCall,
  args: readonly Value[],
  type: DataType,
  made: (all: readonly Value[]) => Value | null,
  { place, values }: ExpressionBinder,
): void {
  const empty = on.EMPTY?.what === "ERROR", wrong = on.ERROR?.what === "ERROR";
  if (!empty && !wrong) return;
  const none = values.literal(null, null, at), [, path] = args;
  const [a, b] = [0, 1].map((sign) => {
    const mark = markOf(type, sign, at, values);
    return made([...args, empty ? mark : none, wrong ? mark : none]);
  });
  const differs = a && b && values.call("is_distinct", [a, b], at, fn),
    holds = differs && values.call("not", [differs], at, fn);
  const shown = isLiteral(path.expr) ? ` of ${path.expr.literal}` : "";
  const finds = [...empty ? ["finds nothing"] : [], ...wrong ? ["is an error"] : []].join(" or ");
  if (holds) place.check?.({ holds, reason: `${fn}${shown} ${finds}`, at });
}

/** One of two values of a type. */
function markOf(type: DataType, sign: number, at: ast.Span, values: ValueMaker): Value {
  switch (type.kind) {
    case "bool":
      return values.literal(sign === 1, BOOL, at);
    case "string":
      return values.literal(String(sign), STRING, at);
    case "timestamp":
      return values.literal(`1970-01-01T00:00:0${sign}Z`, type, at);
    default:
      return values.literal(type.kind === "double" ? sign : String(sign), type, at);
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
