import { parseArgs } from "node:util";
import { nearest } from "../core/nearest.ts";
import { usage } from "./exit.ts";

/** One flag of a command. */
export interface Flag {
  /** What its value is called in the help; a switch has none. */
  readonly value?: string;
  readonly about: string;
  /** May be given several times. */
  readonly repeated?: true;
  /** A switch that `--no-…` turns off. */
  readonly negatable?: true;
}

/** How the name of a switch begins that is turned off. */
const NO = "no-";

export type Flags = Readonly<Record<string, Flag>>;

/** What a command was called with. */
export class Arguments {
  readonly #values: ReadonlyMap<string, readonly (string | boolean)[]>;
  readonly positionals: readonly string[];

  constructor(values: ReadonlyMap<string, readonly (string | boolean)[]>, positionals: readonly string[]) {
    this.#values = values;
    this.positionals = positionals;
  }

  /** The only positional argument; where there is none, or another, a usage error says what is expected. */
  only(expected: string): string {
    const [given, ...others] = this.positionals;
    if (given === undefined || others.length > 0) throw usage(expected);
    return given;
  }

  text(flag: string): string | undefined {
    return this.#values.get(flag)?.at(-1) as string | undefined;
  }

  all(flag: string): readonly string[] {
    return (this.#values.get(flag) ?? []) as readonly string[];
  }

  /** Undefined: the switch was not given. */
  switch(flag: string): boolean | undefined {
    return this.#values.get(flag)?.at(-1) as boolean | undefined;
  }

  integer(flag: string, least: number, most: number): number | undefined {
    const text = this.text(flag);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw usage(`--${flag} is ${JSON.stringify(text)}: expected a whole number of ${least} to ${most}`);
  }

  choice<const Choices extends readonly string[]>(
    flag: string,
    choices: Choices,
    otherwise: Choices[number],
  ): Choices[number] {
    const text = this.text(flag);
    if (text === undefined) return otherwise;
    if (choices.includes(text)) return text;
    throw usage(`--${flag} is ${JSON.stringify(text)}: expected ${choices.join(", ")}`);
  }
}

/**
 * Reads the arguments of a command. Throws CommandError (usage) for a flag that the command does not have, with the nearest
 * one that it has, and for a missing or unexpected value. What stands behind `--` is no flag.
 */
export function parseFlags(args: readonly string[], flags: Flags): Arguments {
  const options = Object.fromEntries(
    Object.entries(flags).map((
      [name, flag],
    ) => [name, { type: flag.value === undefined ? "boolean" as const : "string" as const, multiple: true }]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, (string | boolean)[]>(), positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { rawName, value } = token, negated = isNegation(rawName, flags);
    const name = negated ? token.name.slice(NO.length) : token.name;
    const flag = Object.hasOwn(flags, name) && rawName !== `-${name}` ? flags[name] : undefined;
    if (!flag) throw unknownFlag(rawName, flags);
    if (flag.value === undefined && value !== undefined) throw usage(`--${name} takes no value`);
    if (flag.value !== undefined && value === undefined) {
      throw usage(`--${name} needs a value: --${name} ${flag.value}`);
    }
    const before = values.get(name) ?? [];
    if (before.length > 0 && !flag.repeated) throw usage(`--${name} is given more than once`);
    values.set(name, [...before, value ?? !negated]);
  }
  return new Arguments(values, positionals);
}

/** `--no-x` for a switch x that can be turned off; parseArgs has no tokens for these under every runtime. */
function isNegation(rawName: string, flags: Flags): boolean {
  const name = rawName.slice(`--${NO}`.length);
  return rawName.startsWith(`--${NO}`) && Object.hasOwn(flags, name) && flags[name].negatable === true;
}

function unknownFlag(given: string, flags: Flags): Error {
  const known = Object.entries(flags).flatMap(([name, { negatable }]) => negatable ? [name, `no-${name}`] : [name]);
  const near = nearest(given.replace(/^-+/, ""), known);
  return usage(`Unknown flag ${given}${near ? `: did you mean --${near}?` : ""}`);
}
