import { nearest } from "../../core/nearest.ts";
import { formatType } from "../../core/schema.ts";
import { batchTypeInstead, nameProblem } from "../../expr/mod.ts";
import type { FunctionRules } from "../../plan/mod.ts";
import type * as ast from "../ast.ts";
import { WINDOW_FUNCTIONS } from "./expression.ts";
import { isSqlFunction } from "./functions.ts";
import type { Report } from "./report.ts";
import { quoted } from "./scope.ts";
import { sqlType, typeNamed } from "./types.ts";
import { NO_FUNCTIONS, type UserFunction, type UserFunctions } from "./user_function.ts";

/** Where modules of functions may be. */
export interface Modules {
  /** The URL that relative ones start from; null: there is none. */
  readonly base: string | null;
  /** Null: they may be anywhere. */
  readonly rules: FunctionRules | null;
}

/** What CREATE FUNCTION and DROP FUNCTION of a script say, statement by statement. */
export class FunctionNames {
  readonly #report: Report;
  readonly #modules: Modules;
  readonly #all = new Map<string, UserFunction | null>();
  #now: UserFunctions = NO_FUNCTIONS;

  constructor(report: Report, modules: Modules) {
    this.#report = report;
    this.#modules = modules;
  }

  /** What can be called behind the statements that were read. It does not change when others follow. */
  get now(): UserFunctions {
    return this.#now;
  }

  /** Everything that was declared. */
  get all(): UserFunctions {
    return this.#all;
  }

  create(statement: ast.CreateFunction): void {
    const { name, ifNotExists } = statement, text = textOf(name), key = text.toLowerCase();
    const problem = isSqlFunction(key) || WINDOW_FUNCTIONS.has(key.toUpperCase())
      ? `${text.toUpperCase()} is a function of the language`
      : nameProblem(text);
    if (problem !== null) return void this.#report.add(name.at, problem, "Choose another name");
    if (this.#now.has(key)) {
      if (!ifNotExists) this.#report.add(name.at, `${text} is there already`, "Drop it first, or write IF NOT EXISTS");
      return;
    }
    const made = this.#bind(statement, text);
    this.#all.set(key, made);
    this.#now = new Map([...this.#now, [key, made]]);
  }

  drop({ name, ifExists }: ast.Drop): void {
    const text = textOf(name), key = text.toLowerCase();
    if (this.#now.has(key)) this.#now = new Map([...this.#now].filter(([other]) => other !== key));
    else if (!ifExists) {
      const near = nearest(key, this.#now.keys());
      const hint = near ? `Did you mean ${quoted(near)}?` : "Functions live in the script that declares them";
      this.#report.add(name.at, `There is no function ${text} to drop`, hint);
    }
  }

  #bind({ params, returns, module }: ast.CreateFunction, name: string): UserFunction | null {
    const seen = new Set<string>();
    let sound = true;
    for (const { name: { name: param, at } } of params) {
      if (seen.has(param)) {
        this.#report.add(at, `Argument ${quoted(param)} is named twice`);
        sound = false;
      }
      seen.add(param);
    }
    const types = [...params.map(({ type }) => type), returns].map((type) => this.#type(type));
    const place = this.#module(module.value, module.at, name);
    if (!sound || place === null || types.includes(null)) return null;
    const takes = types.slice(0, -1).map((type) => type!), gives = types[types.length - 1]!;
    return { name, reference: { ...place, takes, returns: gives } };
  }

  #type(type: ast.TypeName): string | null {
    const found = typeNamed(type, this.#report), instead = found && batchTypeInstead(found);
    if (found === null || instead === null) return found && formatType(found);
    return this.#report.add(type.at, `User functions have no ${sqlType(found)}`, instead);
  }

  /** `./score.ts#score`: a module, and what it exports; without a name that of the function. */
  #module(text: string, at: ast.Span, name: string): { module: string; export: string } | null {
    const cut = text.lastIndexOf("#"), written = cut < 0 ? text : text.slice(0, cut);
    const exported = cut < 0 ? name : text.slice(cut + 1), { base, rules } = this.#modules;
    const hint = "Write './score.ts#score': the module, and the name of what it exports";
    if (written === "" || exported === "") return this.#report.add(at, `Cannot find a function at '${text}'`, hint);
    if (base === null && !URL.canParse(written)) {
      const reason = `Cannot find '${written}': this script has no place of its own that it could be relative to`;
      return this.#report.add(at, reason, "Write the module's URL, such as 'file:///home/me/score.ts#score'");
    }
    if (!URL.canParse(written, base ?? undefined)) {
      return this.#report.add(at, `Cannot find a module at '${written}'`, hint);
    }
    const { href } = new URL(written, base ?? undefined), refused = rules?.refusal(href);
    if (refused) return this.#report.add(at, refused.reason, refused.hint);
    return { module: href, export: exported };
  }
}

function textOf({ parts }: ast.Name): string {
  return parts.map(({ name }) => name).join(".");
}
