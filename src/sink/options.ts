import { RdxError } from "../core/errors.ts";

/** JSON Schema of one option. One with a default, or that is named as optional, may be left out. */
export type OptionSchema =
  | { readonly type: "string"; readonly minLength: 1; readonly description: string }
  | { readonly enum: readonly string[]; readonly default?: string; readonly description: string }
  | { readonly type: "boolean"; readonly default: false; readonly description: string }
  | {
    readonly type: "integer";
    readonly minimum: number;
    readonly maximum: number;
    readonly default: number;
    readonly description: string;
  }
  | {
    readonly type: "array";
    readonly items: { readonly type: "string"; readonly minLength: 1 };
    readonly minItems: 1;
    readonly maxItems: number;
    readonly description: string;
  }
  /** Headers of requests: what each may be is checked by who sends them. */
  | { readonly type: "object"; readonly additionalProperties: unknown; readonly description: string };

/** The switch of sinks that write rows by themselves: with it they take what takes rows back, too. */
export const CHANGELOG: OptionSchema = {
  type: "boolean",
  default: false,
  description: "Takes changes too: each row gets a member $op, which is +I, -U, +U or -D",
};

/** JSON Schema of all options of a sink. */
export interface OptionsSchema extends Readonly<Record<string, unknown>> {
  readonly type: "object";
  readonly properties: Readonly<Record<string, OptionSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/** `optional`: options that may be left out beside those with a default. */
export function optionsSchema(
  properties: Readonly<Record<string, OptionSchema>>,
  optional: readonly string[] = [],
): OptionsSchema {
  const required = Object.keys(properties).filter((name) =>
    !optional.includes(name) && defaultOf(properties[name]) === undefined
  );
  return { type: "object", properties, required, additionalProperties: false };
}

function defaultOf(option: OptionSchema): string | number | boolean | undefined {
  return "default" in option ? option.default : undefined;
}

/** Options that fit their schema, with the defaults of those that were left out. */
export interface ReadOptions {
  text(name: string): string;
  isOn(name: string): boolean;
  number(name: string): number;
  /** Null: it was left out. */
  texts(name: string): readonly string[] | null;
  object(name: string): Readonly<Record<string, unknown>>;
}

/**
 * Checks options against their schema; the plan's own member `kind` may be there. Throws
 * RdxError("invalid_plan") that names the option.
 */
export function readOptions(
  kind: string,
  schema: OptionsSchema,
  options: Readonly<Record<string, unknown>>,
): ReadOptions {
  const known = new Map(Object.entries(schema.properties)), read = new Map<string, unknown>();
  const invalid = (reason: string) => new RdxError("invalid_plan", `A sink of kind ${kind} ${reason}`);
  for (const name of Object.keys(options)) {
    if (name === "kind" || known.has(name)) continue;
    const names = [...known.keys()].join(", ");
    throw invalid(`has no option ${JSON.stringify(name)}: ${names === "" ? "it takes none" : `expected ${names}`}`);
  }
  for (const [name, option] of known) {
    const value = Object.hasOwn(options, name) ? options[name] : defaultOf(option);
    if (value === undefined && !schema.required.includes(name)) continue;
    const expected = misfitOf(option, value);
    if (expected !== null) throw invalid(`needs option ${JSON.stringify(name)} to be ${expected}`);
    read.set(name, value);
  }
  return {
    text: (name) => read.get(name) as string,
    isOn: (name) => read.get(name) as boolean,
    number: (name) => read.get(name) as number,
    texts: (name) => (read.get(name) ?? null) as readonly string[] | null,
    object: (name) => (read.get(name) ?? {}) as Readonly<Record<string, unknown>>,
  };
}

/** What the value should be, or null when it is that. */
function misfitOf(option: OptionSchema, value: unknown): string | null {
  if ("enum" in option) {
    return typeof value === "string" && option.enum.includes(value) ? null : option.enum.join(" or ");
  }
  switch (option.type) {
    case "string":
      return isText(value) ? null : "a text";
    case "boolean":
      return typeof value === "boolean" ? null : "true or false";
    case "integer": {
      const { minimum, maximum } = option;
      const fits = Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
      return fits ? null : `a whole number from ${minimum} to ${maximum}`;
    }
    case "array": {
      const fits = Array.isArray(value) && value.length > 0 && value.length <= option.maxItems && value.every(isText);
      return fits ? null : `a list of at most ${option.maxItems} texts`;
    }
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value) ? null : "an object";
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
