import { CALL_ARGS_MAX, FUNCTION_URL_CHARS_MAX } from "../core/limits.ts";
import { nearest } from "../core/nearest.ts";
import { type DataType, formatType, isDecimal, parseType, sameType } from "../core/schema.ts";
import { type FunctionReference, isBatchType } from "../core/user_function.ts";
import { reasonOf } from "../core/errors.ts";
import type { CallSite } from "./call.ts";
import { adapt, widenTo } from "./cast.ts";
import { findFunction } from "./functions.ts";
import { commonType } from "./type.ts";
import type { TypedValue } from "./value.ts";

/** What user functions may be called. */
export const USER_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** The types that they take and give. */
export const BATCH_TYPES: readonly string[] = ["int64", "double", "bool", "timestamp", "string"];

const MEMBERS = ["module", "export", "takes", "returns"];

/** Notes a problem of a member of the call; returns null. */
type Fail = (member: string, reason: string, hint?: string) => null;

/** Why nothing else can be called `name`; null: it can. */
export function nameProblem(name: string): string | null {
  if (!USER_NAME.test(name)) {
    return `Cannot call a function ${
      JSON.stringify(name)
    }: a name is a letter or _, then up to 127 letters, digits or _`;
  }
  return findFunction(name) ? `${name} is a function of the language: a user function needs another name` : null;
}

/** The reference of a call, checked; null with problems. */
export function readReference(name: string, given: unknown, fail: Fail): FunctionReference | null {
  const problem = nameProblem(name);
  if (problem !== null) fail("call", problem);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return fail(
      "function",
      "Expected an object",
      'Write {"module":"file:///…","export":"…","takes":["int64"],"returns":"double"}',
    );
  }
  for (const key of Object.keys(given)) {
    if (MEMBERS.includes(key)) continue;
    const near = nearest(key, MEMBERS);
    fail(`function.${key}`, `Unknown property ${JSON.stringify(key)}`, near ? `Did you mean ${near}?` : undefined);
  }
  const { module, export: exported, takes, returns } = given as Partial<Record<keyof FunctionReference, unknown>>;
  const url = readModule(module, fail);
  if (typeof exported !== "string" || exported === "") {
    fail("function.export", "export is missing: the name under which the module exports the function");
  }
  if (!Array.isArray(takes) || takes.length > CALL_ARGS_MAX) {
    fail("function.takes", `Expected an array of up to ${CALL_ARGS_MAX} types`, 'Write ["int64","double"]');
  }
  const types = Array.isArray(takes) ? takes.slice(0, CALL_ARGS_MAX) : [];
  const read = types.map((type, i) => readBatchType(type, (...said) => fail(`function.takes[${i}]`, ...said)));
  const result = readBatchType(returns, (...said) => fail("function.returns", ...said));
  if (problem !== null || url === null || typeof exported !== "string" || exported === "" || !Array.isArray(takes)) {
    return null;
  }
  if (result === null || read.includes(null) || read.length < takes.length) return null;
  return { module: url, export: exported, takes: read.map((type) => formatType(type!)), returns: formatType(result) };
}

function readModule(module: unknown, fail: Fail): string | null {
  const hint = "Write an absolute URL such as file:///home/me/score.ts; import.meta.resolve gives it";
  if (typeof module !== "string") {
    return fail("function.module", "module is missing: the URL of the function's module", hint);
  }
  if (module.length > FUNCTION_URL_CHARS_MAX) {
    return fail("function.module", `The URL is longer than ${FUNCTION_URL_CHARS_MAX} characters`, hint);
  }
  return URL.canParse(module) ? module : fail("function.module", `Cannot use ${JSON.stringify(module)} as a URL`, hint);
}

/** A type that user functions take and give; null with a problem. */
function readBatchType(given: unknown, fail: (reason: string, hint?: string) => null): DataType | null {
  if (typeof given !== "string") return fail("Expected a type", `There are ${BATCH_TYPES.join(", ")}`);
  let type: DataType;
  try {
    type = parseType(given);
  } catch (thrown) {
    return fail(reasonOf(thrown));
  }
  const instead = batchTypeInstead(type);
  return instead === null ? type : fail(`User functions have no ${given}`, instead);
}

/** What to do with a type that user functions do not take and give; null: they do. */
export function batchTypeInstead(type: DataType): string | null {
  if (isBatchType(type)) return null;
  const given: DataType = type;
  if (isDecimal(given)) return "Take it as a string, which is exact, or as a double";
  if (given.kind === "bytes") return "Take it as a string of base64, by to_base64";
  return "Take its JSON text as a string";
}

/** Checks the arguments of a user function and emits its call; null with problems. */
export function applyUserFunction(call: CallSite, reference: FunctionReference): TypedValue | null {
  const takes = reference.takes.map(parseType), returns = parseType(reference.returns);
  if (call.args.length !== takes.length) {
    const count = `${call.args.length} argument${call.args.length === 1 ? "" : "s"}`;
    return call.fail(null, `${call.name} cannot take ${count}`, signatureOf(call.name, reference));
  }
  const args = takes.map((type, i) => wantType(call, i, type));
  if (args.includes(null)) return null;
  const register = call.emitter.user(reference, args.map((arg) => arg!.register), returns);
  // Where the function fails, there is NULL.
  return { type: returns, nullable: true, register };
}

/** Argument `index` as `type`: numbers widen, NULL takes the type, a literal string may be a timestamp; null with a problem. */
function wantType(call: CallSite, index: number, type: DataType): TypedValue | null {
  const value = adapt(call, call.args[index], type);
  if (value === null) {
    return call.fail(
      index,
      "Cannot read this string as a timestamp",
      "Write ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z",
    );
  }
  const common = commonType(value.type, type);
  if (common !== null && sameType(common, type)) return widenTo(call, value, type);
  const cast = `{"call":"cast","args":[…],"type":"${formatType(type)}"}`;
  return call.mismatch(index, formatType(type), `What fits: ${formatType(type)}; ${cast} makes it one`);
}

/** Such as `score(int64, double): double`. */
export function signatureOf(name: string, { takes, returns }: FunctionReference): string {
  return `${name}(${takes.join(", ")}): ${returns}`;
}
