import { nearest } from "../core/nearest.ts";
import type { FunctionReference } from "../core/user_function.ts";
import { isCall } from "../expr/mod.ts";
import type { FunctionRules } from "./catalog.ts";
import { isObject, type JsonObject } from "./json_schema.ts";
import { index, member, type Problems } from "./problems.ts";

/** The members of each form of expression, told apart by the first. */
const FORMS = [["column"], ["literal", "type"], ["call", "args", "type", "function"]] as const;

/** Where nodes hold expressions: `*` stands for every item of an array. */
const PLACES = [
  ["computed", "*", "expr"],
  ["where"],
  ["columns", "*", "expr"],
  ["aggs", "*", "arg"],
  ["aggs", "*", "args", "*"],
  ["aggs", "*", "filter"],
] as const;

/**
 * Adds the unknown members of the expressions of a node whose shape is right. All else about expressions is told when
 * they are compiled, with the columns that they are over.
 */
export function checkExpressions(node: JsonObject, path: string, problems: Problems): void {
  for (const place of PLACES) walk(node, place, path, (expression, at) => checkMembers(expression, at, problems));
}

type Visit = (expression: unknown, path: string) => void;

function walk(value: unknown, place: readonly string[], path: string, visit: Visit): void {
  const [step, ...rest] = place;
  if (step === undefined) visit(value, path);
  else if (step === "*") {
    if (Array.isArray(value)) value.forEach((item, i) => walk(item, rest, index(path, i), visit));
  } else if (isObject(value) && Object.hasOwn(value, step)) walk(value[step], rest, member(path, step), visit);
}

/** Adds a problem for each user function of a node's expressions that the rules of this process refuse. */
export function checkFunctions(node: object, path: string, rules: FunctionRules, problems: Problems): void {
  for (const place of PLACES) {
    walk(node, place, path, (expression, at) => checkModules(expression, at, rules, problems));
  }
}

function checkModules(expression: unknown, path: string, rules: FunctionRules, problems: Problems): void {
  if (!isObject(expression)) return;
  const { function: reference, args } = expression;
  if (isObject(reference) && typeof reference.module === "string") {
    const refused = rules.refusal(reference.module);
    if (refused) problems.add(member(member(path, "function"), "module"), refused.reason, refused.hint);
  }
  if (!Array.isArray(args)) return;
  args.forEach((arg, i) => checkModules(arg, index(member(path, "args"), i), rules, problems));
}

/** The user functions that the expressions of a node call, each once, by their names. */
export function functionsOf(node: object): ReadonlyMap<string, FunctionReference> {
  const found = new Map<string, FunctionReference>();
  const collect = (expression: unknown): void => {
    if (!isObject(expression) || !isCall(expression)) return;
    const { call, args, function: reference } = expression;
    if (reference) found.set(call, reference);
    args.forEach(collect);
  };
  for (const place of PLACES) walk(node, place, "", collect);
  return found;
}

function checkMembers(expression: unknown, path: string, problems: Problems): void {
  if (!isObject(expression)) return;
  const form: readonly string[] | undefined = FORMS.find(([first]) => Object.hasOwn(expression, first));
  if (form === undefined) return;
  for (const name of Object.keys(expression)) {
    if (form.includes(name)) continue;
    const near = nearest(name, form), hint = near ? `Did you mean ${near}?` : `Known here: ${form.join(", ")}`;
    problems.add(member(path, name), `Unknown property ${JSON.stringify(name)}`, hint);
  }
  const { args } = expression;
  if (!Array.isArray(args)) return;
  args.forEach((arg, i) => checkMembers(arg, index(member(path, "args"), i), problems));
}
