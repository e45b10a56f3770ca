import { RdxError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { index, member, type Problems } from "./problems.ts";

/**
 * The part of JSON Schema (draft 2020-12) that plans and sink options are checked with. Other keywords may stand in a
 * schema; they are not checked here. A `$ref` is left to whoever knows what it points at.
 */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

/** A JSON object of which only the shape "object" is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Adds to `problems` whatever of `value` (plain JSON) does not fit `schema`. Unknown properties get the nearest known
 * name as a hint.
 */
export function checkShape(schema: JsonSchema, value: unknown, path: string, problems: Problems): void {
  if (schema.oneOf) {
    const branch = chooseBranch(schema.oneOf, value, path, problems);
    if (branch) checkShape(branch, value, path, problems);
    return;
  }
  if (schema.type !== undefined && !fitsType(schema.type, value)) {
    problems.add(path, `Expected ${article(schema.type)}, got ${describe(value)}`, schema.description);
    return;
  }
  checkValue(schema, value, path, problems);
  if (Array.isArray(value)) checkArray(schema, value, path, problems);
  else if (isObject(value)) checkObject(schema, value, path, problems);
}

function checkValue(schema: JsonSchema, value: unknown, path: string, problems: Problems): void {
  if ("const" in schema && value !== schema.const) {
    problems.add(path, `Expected ${JSON.stringify(schema.const)}, got ${describe(value)}`);
  }
  if (schema.enum && !schema.enum.includes(value)) {
    const known = schema.enum.map((one) => JSON.stringify(one)).join(", ");
    const near = typeof value === "string"
      ? nearest(value, schema.enum.filter((one) => typeof one === "string"))
      : null;
    problems.add(path, `Expected one of ${known}, got ${describe(value)}`, near ? `Did you mean ${near}?` : undefined);
  }
  if (typeof value === "string") checkText(schema, value, path, problems);
  if (typeof value === "number") checkNumber(schema, value, path, problems);
}

function checkText(schema: JsonSchema, value: string, path: string, problems: Problems): void {
  if (schema.minLength !== undefined && value.length < schema.minLength) {
    problems.add(
      path,
      value === "" ? "Expected a text that is not empty" : `Expected at least ${schema.minLength} characters`,
    );
  } else if (schema.maxLength !== undefined && value.length > schema.maxLength) {
    problems.add(path, `Expected at most ${schema.maxLength} characters, got ${value.length}`);
  } else if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value)) {
    problems.add(path, `Cannot use ${describe(value)}: it does not match ${schema.pattern}`, schema.description);
  }
}

function checkNumber(schema: JsonSchema, value: number, path: string, problems: Problems): void {
  if (schema.minimum !== undefined && value < schema.minimum) {
    problems.add(path, `Expected at least ${schema.minimum}, got ${value}`);
  }
  if (schema.maximum !== undefined && value > schema.maximum) {
    problems.add(path, `Expected at most ${schema.maximum}, got ${value}`);
  }
}

function checkArray(schema: JsonSchema, value: readonly unknown[], path: string, problems: Problems): void {
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    problems.add(path, `Expected at least ${items(schema.minItems)}, got ${value.length}`, schema.description);
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    problems.add(path, `Expected at most ${items(schema.maxItems)}, got ${value.length}`);
    return;
  }
  if (schema.items) value.forEach((item, i) => checkShape(schema.items!, item, index(path, i), problems));
}

function items(count: number): string {
  return count === 1 ? "1 item" : `${count} items`;
}

function checkObject(schema: JsonSchema, value: JsonObject, path: string, problems: Problems): void {
  const properties = schema.properties ?? {};
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) problems.add(path, `${name} is missing`, properties[name]?.description);
  }
  for (const name of Object.keys(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties ?? true;
    if (known === false) {
      const names = Object.keys(properties), near = nearest(name, names);
      const hint = near ? `Did you mean ${near}?` : `Known here: ${names.join(", ")}`;
      problems.add(member(path, name), `Unknown property ${JSON.stringify(name)}`, hint);
    } else if (known !== true) {
      checkShape(known, value[name], member(path, name), problems);
    }
  }
}

/** The branch of a `oneOf` that `value` is meant for, or null when there is none (which is then a problem). */
function chooseBranch(
  branches: readonly JsonSchema[],
  value: unknown,
  path: string,
  problems: Problems,
): JsonSchema | null {
  const typed = branches.filter((branch) => branch.type === undefined || fitsType(branch.type, value));
  if (typed.length === 0) {
    const expected = [...new Set(branches.map((branch) => article(branch.type ?? "object")))].join(" or ");
    problems.add(path, `Expected ${expected}, got ${describe(value)}`);
    return null;
  }
  if (!isObject(value) || typed.length === 1) return typed[0];
  const tag = tagOf(typed);
  if (tag === null) return bestBranch(typed, value);
  if (!Object.hasOwn(value, tag)) {
    problems.add(path, `${tag} is missing`, `Known: ${tagsOf(typed, tag).join(", ")}`);
    return null;
  }
  const chosen = typed.filter((branch) => branch.properties?.[tag].const === value[tag]);
  if (chosen.length > 0) return bestBranch(chosen, value);
  const names = tagsOf(typed, tag), near = typeof value[tag] === "string" ? nearest(value[tag], names) : null;
  const known = `Known: ${names.join(", ")}`;
  problems.add(
    member(path, tag),
    `Unknown ${tag} ${describe(value[tag])}`,
    near ? `Did you mean ${near}? ${known}` : known,
  );
  return null;
}

/** The property that tells the branches apart: the first that has a `const` in all of them. */
function tagOf(branches: readonly JsonSchema[]): string | null {
  for (const name of Object.keys(branches[0].properties ?? {})) {
    if (branches.every((branch) => branch.properties?.[name]?.const !== undefined)) return name;
  }
  return null;
}

function tagsOf(branches: readonly JsonSchema[], tag: string): string[] {
  return [...new Set(branches.map((branch) => String(branch.properties?.[tag].const)))];
}

/** The branch that misses the fewest of its required properties; the first among equals. */
function bestBranch(branches: readonly JsonSchema[], value: JsonObject): JsonSchema {
  const missing = (branch: JsonSchema) => (branch.required ?? []).filter((name) => !Object.hasOwn(value, name)).length;
  return branches.reduce((best, branch) => missing(branch) < missing(best) ? branch : best);
}

function fitsType(type: NonNullable<JsonSchema["type"]>, value: unknown): boolean {
  switch (type) {
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isSafeInteger(value);
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    default:
      return true; // a form of `type` that is not checked here
  }
}

function article(type: NonNullable<JsonSchema["type"]>): string {
  return type === "null" ? "null" : `${/^[aio]/.test(type) ? "an" : "a"} ${type}`;
}

/** A value in a message: short, and never more than its kind for what is large. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (isObject(value)) return "an object";
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

/** Copies `value` if it is JSON: nothing of the caller's objects is kept, and `__proto__` is a name like any other. */
export function copyJson(value: unknown, bounds: { depth: number; values: number }): unknown {
  let left = bounds.values;
  const copy = (one: unknown, depth: number): unknown => {
    if (one === null || typeof one === "string" || typeof one === "boolean") return one;
    if (typeof one === "number" && Number.isFinite(one)) return one;
    if (typeof one !== "object") throw new RdxError("invalid_plan", `Cannot use a ${typeof one}: a plan is JSON`);
    if (depth === 0) throw new RdxError("invalid_plan", `Cannot read a plan nested deeper than ${bounds.depth}`);
    const names = Array.isArray(one) ? null : Object.keys(one);
    left -= (names ?? (one as unknown[])).length;
    if (left < 0) throw new RdxError("invalid_plan", `Cannot read a plan of more than ${bounds.values} values`);
    if (names === null) return Array.from(one as unknown[], (item) => copy(item ?? null, depth - 1));
    const to = {};
    for (const name of names) {
      const item = (one as JsonObject)[name];
      if (item === undefined) continue;
      Object.defineProperty(to, name, {
        value: copy(item, depth - 1),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    return to;
  };
  return copy(value, bounds.depth);
}
