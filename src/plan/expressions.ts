import { nearest } from "../core/nearest.ts";
import { isObject, type JsonObject } from "./json_schema.ts";
import { index, member, type Problems } from "./problems.ts";

/** The members of each form of expression, told apart by the first. */
const FORMS = [["column"], ["literal", "type"], ["call", "args", "type"]] as const;

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
  for (const place of PLACES) walk(node, place, path, problems);
}

function walk(value: unknown, place: readonly string[], path: string, problems: Problems): void {
  const [step, ...rest] = place;
  if (step === undefined) checkMembers(value, path, problems);
  else if (step === "*") {
    if (Array.isArray(value)) value.forEach((item, i) => walk(item, rest, index(path, i), problems));
  } else if (isObject(value) && Object.hasOwn(value, step)) walk(value[step], rest, member(path, step), problems);
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
