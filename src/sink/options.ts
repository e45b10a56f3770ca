import { RdxError } from "../core/errors.ts";

/** JSON Schema of one option: a text that is not empty, one of some texts, or what is false unless it is said. */
export type OptionSchema =
  | { readonly type: "boolean"; readonly default: false; readonly description: string }
  | { readonly type: "string"; readonly minLength: 1; readonly description: string }
  | { readonly enum: readonly string[]; readonly description: string };

/** JSON Schema of all options of a sink; every one that is a text is required. */
export interface OptionsSchema extends Readonly<Record<string, unknown>> {
  readonly type: "object";
  readonly properties: Readonly<Record<string, OptionSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/** The option of sinks that take changes if it is set. */
export const CHANGELOG: OptionSchema = {
  type: "boolean",
  default: false,
  description: "Takes changes too: each row gets a member $op, which is +I, -U, +U or -D",
};

export function optionsSchema(properties: Readonly<Record<string, OptionSchema>>): OptionsSchema {
  const texts = Object.entries(properties).filter(([, option]) => !isFlag(option)).map(([name]) => name);
  return { type: "object", properties, required: texts, additionalProperties: false };
}

function isFlag(option: OptionSchema): boolean {
  return "type" in option && option.type === "boolean";
}

/**
 * Checks options against their schema and gives them, flags as `true` or `false`; the plan's own member `kind` may be there. Throws
 * RdxError("invalid_plan") that names the option.
 */
export function readOptions(
  kind: string,
  schema: OptionsSchema,
  options: Readonly<Record<string, unknown>>,
): Map<string, string> {
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
  const read = new Map<string, string>();
  for (const [name, option] of known) {
    const value = Object.hasOwn(options, name) ? options[name] : undefined;
    if (isFlag(option)) {
      if (value !== undefined && typeof value !== "boolean") {
        throw invalid(kind, `needs option ${JSON.stringify(name)} to be true or false`);
      }
      read.set(name, String(value ?? false));
      continue;
    }
    const allowed = "enum" in option ? option.enum : null;
    if (typeof value !== "string" || value === "" || (allowed && !allowed.includes(value))) {
      throw invalid(kind, `needs option ${JSON.stringify(name)} to be ${allowed ? allowed.join(" or ") : "a text"}`);
    }
    read.set(name, value);
  }
  return read;
}

function invalid(kind: string, reason: string): RdxError {
  return new RdxError("invalid_plan", `A sink of kind ${kind} ${reason}`);
}
