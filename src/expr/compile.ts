import { type ErrorDetail, RdxError, reasonOf } from "../core/errors.ts";
import { CALL_ARGS_MAX, EXPRESSION_DEPTH_MAX, EXPRESSION_NODES_MAX } from "../core/limits.ts";
import { nearest } from "../core/nearest.ts";
import { type Column, columnIndex, type DataType, parseType } from "../core/schema.ts";
import type { Program } from "../kernel/program.ts";
import { CallSite } from "./call.ts";
import { Emitter } from "./emitter.ts";
import {
  type CallExpression,
  type Expression,
  isCall,
  isColumn,
  isLiteral,
  type LiteralExpression,
} from "./expression.ts";
import { findFunction, FUNCTIONS } from "./functions.ts";
import { readLiteral } from "./literal.ts";
import { refusal } from "./refused.ts";
import { applyUserFunction, readReference } from "./user_function.ts";
import type { Value } from "./value.ts";

/** An expression that was checked against columns and lowered. */
export interface CompiledExpression {
  readonly program: Program;
  readonly type: DataType;
  /** Whether a row can give NULL, if columns that are not nullable hold none. */
  readonly nullable: boolean;
}

/**
 * Checks `expression` over `columns` and lowers it to a program. `path` is where the expression stands in its plan, such
 * as `nodes[2].where`. Throws RdxError("invalid_plan") whose details name every problem with its path and a hint.
 */
export function compileExpression(
  expression: Expression,
  columns: readonly Column[],
  path = "",
): CompiledExpression {
  const compiler = new Compiler(columns);
  const value = compiler.compile(expression, path, 1);
  if (value !== null && value.type === null) {
    compiler.fail(path, "NULL has no type here", 'Give it one: {"literal":null,"type":"string"}');
  }
  if (value === null || value.type === null) {
    const { problems } = compiler, [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    throw new RdxError("invalid_plan", `${first.path ? `${first.path}: ` : ""}${first.reason}${more}`, problems);
  }
  const program = compiler.emitter.finish(value.register, value.type);
  return { program, type: value.type, nullable: value.nullable };
}

/** The type of `expression` over `columns`. Throws as compileExpression does. */
export function typeOf(expression: Expression, columns: readonly Column[], path = ""): DataType {
  return compileExpression(expression, columns, path).type;
}

/** Whether `expression` can be NULL over `columns`. Throws as compileExpression does. */
export function nullable(expression: Expression, columns: readonly Column[], path = ""): boolean {
  return compileExpression(expression, columns, path).nullable;
}

class Compiler {
  readonly emitter = new Emitter();
  readonly problems: ErrorDetail[] = [];
  #nodes = 0;

  constructor(private readonly columns: readonly Column[]) {}

  fail(path: string, reason: string, hint?: string): null {
    this.problems.push({ path, reason, ...(hint === undefined ? {} : { hint }) });
    return null;
  }

  /** Checks and emits one expression; null when problems were noted. */
  compile(expression: unknown, path: string, depth: number): Value | null {
    if (depth > EXPRESSION_DEPTH_MAX) {
      return this.fail(
        path,
        `Expression is nested deeper than ${EXPRESSION_DEPTH_MAX}`,
        "Split it over two projections",
      );
    }
    if (++this.#nodes > EXPRESSION_NODES_MAX) {
      const first = this.#nodes === EXPRESSION_NODES_MAX + 1;
      return first ? this.fail(path, `Expression has more than ${EXPRESSION_NODES_MAX} parts`) : null;
    }
    if (isColumn(expression)) return this.#column(expression.column, path);
    if (isLiteral(expression)) return this.#literal(expression, path);
    if (isCall(expression)) return this.#call(expression, path, depth);
    return this.fail(path, "This is no expression", 'Write {"column":"a"}, {"literal":5} or {"call":"add","args":[…]}');
  }

  #column(name: string, path: string): Value | null {
    const index = columnIndex(this.columns, name);
    if (index >= 0) {
      const { type, nullable } = this.columns[index];
      return { type, nullable, register: this.emitter.input(index) };
    }
    const names = this.columns.map((column) => column.name), near = nearest(name, names);
    const hint = near === null ? `Columns here: ${names.slice(0, 20).join(", ")}` : `Did you mean ${near}?`;
    return this.fail(path, `Unknown column ${JSON.stringify(name)}`, hint);
  }

  #literal(expression: LiteralExpression, path: string): Value | null {
    const read = readLiteral(expression);
    if ("reason" in read) return this.fail(path, read.reason, read.hint);
    const { type, text } = read;
    const register = type === null ? -1 : this.emitter.constant({ type, value: text });
    return { type, nullable: text === null, register, literal: { text, typed: expression.type !== undefined } };
  }

  #call(expression: CallExpression, path: string, depth: number): Value | null {
    if (Object.hasOwn(expression, "function")) return this.#userCall(expression, path, depth);
    const { call: name, args, type } = expression;
    const definition = FUNCTIONS.get(name), at = path === "" ? "" : `${path}.`;
    if (definition === undefined) {
      const refused = refusal(name), canonical = findFunction(name)?.name ?? nearest(name, FUNCTIONS.keys());
      if (refused) this.fail(path, refused.reason, refused.hint);
      else {this.fail(
          path,
          `Unknown function ${JSON.stringify(name)}`,
          canonical ? `Did you mean ${canonical}?` : undefined,
        );}
    }
    if (!Array.isArray(args)) return this.fail(path, `${name} needs args, an array`, definition?.signature);
    const fits = definition && args.length >= definition.args[0] && args.length <= definition.args[1];
    if (definition && !fits) {
      this.fail(
        path,
        `${name} cannot take ${args.length} argument${args.length === 1 ? "" : "s"}`,
        definition.signature,
      );
    }
    const values: (Value | null)[] = [];
    for (let i = 0; i < Math.min(args.length, CALL_ARGS_MAX) && this.#nodes <= EXPRESSION_NODES_MAX; i++) {
      values.push(this.compile(args[i], `${at}args[${i}]`, depth + 1));
    }
    const target = this.#target(name, definition?.typed ?? false, type, path);
    if (!fits || target === undefined || values.includes(null)) return null;
    return definition.apply(new CallSite(name, values as Value[], target, this.emitter, path, this.problems));
  }

  #userCall({ call: name, args, type, function: given }: CallExpression, path: string, depth: number): Value | null {
    const at = path === "" ? "" : `${path}.`, before = this.problems.length;
    const reference = readReference(name, given, (member, reason, hint) => this.fail(`${at}${member}`, reason, hint));
    if (type !== undefined) this.fail(path, `${name} takes no type`, "What it gives stands in function.returns");
    if (!Array.isArray(args)) return this.fail(path, `${name} needs args, an array`);
    const values: (Value | null)[] = [];
    for (let i = 0; i < Math.min(args.length, CALL_ARGS_MAX) && this.#nodes <= EXPRESSION_NODES_MAX; i++) {
      values.push(this.compile(args[i], `${at}args[${i}]`, depth + 1));
    }
    if (reference === null || values.length < args.length || this.problems.length > before) return null;
    return applyUserFunction(
      new CallSite(name, values as Value[], null, this.emitter, path, this.problems),
      reference,
    );
  }

  /** The type that a cast names; undefined with a problem. */
  #target(name: string, typed: boolean, type: unknown, path: string): DataType | null | undefined {
    if (type === undefined) return null;
    try {
      if (typed) return parseType(String(type));
      const list = [...FUNCTIONS.values()].filter((other) => other.typed).map((other) => other.name).join(", ");
      this.fail(path, `${name} takes no type`, `What has one: literals, ${list}`);
    } catch (thrown) {
      this.fail(path, reasonOf(thrown));
    }
    return undefined;
  }
}
