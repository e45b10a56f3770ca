import { RdxError } from "../core/errors.ts";

/** JSON Schema of one option: a text that is not empty, one of some texts, or a switch that is off unless said otherwise. */
export type OptionSchema =
  | { readonly type: "string"; readonly minLength: 1; readonly description: string }
  | { readonly enum: readonly string[]; readonly description: string }
  | { readonly type: "boolean"; readonly default: false; readonly description: string };

/** The switch of sinks that write rows by themselves: with it they take what takes rows back, too. */
export const CHANGELOG: OptionSchema = {
  type: "boolean",
  default: false,
  description: "Takes changes too: each row gets a member $op, which is +I, -U, +U or -D",
};

/** JSON Schema of all options of a sink; every one but switches is required. */
export interface OptionsSchema extends Readonly<Record<string, unknown>> {
  readonly type: "object";
  readonly properties: Readonly<Record<string, OptionSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

export function optionsSchema(properties: Readonly<Record<string, OptionSchema>>): OptionsSchema {
  const required = Object.entries(properties).flatMap(([name, option]) => isSwitch(option) ? [] : [name]);
  return { type: "object", properties, required, additionalProperties: false };
}

function isSwitch(option: OptionSchema): boolean {
  return "type" in option && option.type === "boolean";
}

/** Options that fit their schema. */
export interface ReadOptions {
  text(name: string): string;
  isOn(name: string): boolean;
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
  const known = new Map(Object.entries(schema.properties));
  for (const name of Object.keys(options)) {
    if (name !== "kind" && !known.has(name)) {
      const names = [...known.keys()].join(", ");
      throw invalid(
        kind,
        `has no option ${JSON.stringify(name)}: ${names === "" ? "it takes none" : `expected ${names}`}`,
      );
    }
  }
  const texts = new Map<string, string>(), switches = new Map<string, boolean>();
  for (const [name, option] of known) {
    const value = Object.hasOwn(options, name) ? options[name] : undefined;
    if (isSwitch(option)) {
      if (value !== undefined && typeof value !== "boolean") {
        throw invalid(kind, `needs option ${JSON.stringify(name)} to be true or false`);
      }
      switches.set(name, value ?? false);
      continue;
    }
    const allowed = "enum" in option ? option.enum : null;
    if (typeof value !== "string" || value === "" || (allowed && !allowed.includes(value))) {
      throw invalid(kind, `needs option ${JSON.stringify(name)} to be ${allowed ? allowed.join(" or ") : "a text"}`);
    }
    texts.set(name, value);
  }
  return { text: (name) => texts.get(name)!, isOn: (name) => switches.get(name)! };
}

function invalid(kind: string, reason: string): RdxError {
  return new RdxError("invalid_plan", `A sink of kind ${kind} ${reason}`);
}
