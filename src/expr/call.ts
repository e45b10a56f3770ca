import type { ErrorDetail } from "../core/errors.ts";
import { BOOL, type DataType, isText } from "../core/schema.ts";
import type { Emitter } from "./emitter.ts";
import { nameOf } from "./type.ts";
import type { TypedValue, Value } from "./value.ts";

/** One call while it is checked and lowered. */
export class CallSite {
  constructor(
    readonly name: string,
    readonly args: readonly Value[],
    /** The type that a cast names. */
    readonly target: DataType | null,
    readonly emitter: Emitter,
    private readonly path: string,
    private readonly problems: ErrorDetail[],
  ) {}

  /** Notes a problem of argument `index` (null: of the call); returns null, which stands for "no value". */
  fail(index: number | null, reason: string, hint?: string): null {
    const at = this.path === "" ? "" : `${this.path}.`;
    const path = index === null ? this.path : `${at}args[${index}]`;
    this.problems.push({ path, reason, ...(hint === undefined ? {} : { hint }) });
    return null;
  }

  /** Notes that argument `index` has a type that does not fit. */
  mismatch(index: number, fits: string, hint?: string): null {
    const found = nameOf(this.args[index].type);
    return this.fail(index, `${this.name} cannot take ${found} here`, hint ?? `What fits: ${fits}`);
  }

  /** Argument `index` if its kind is one of `kinds`, NULL of an unknown type as the first of them; else a problem. */
  want(index: number, ...kinds: readonly DataType["kind"][]): TypedValue | null {
    const value = this.args[index];
    if (value.type === null) return this.nullOf({ kind: kinds[0] });
    // Who takes decimals takes those of every width.
    const kind = value.type.kind === "decimal128" && kinds.includes("decimal") ? "decimal" : value.type.kind;
    if (kinds.includes(kind) && value.type.nested === undefined) return value as TypedValue;
    return this.mismatch(index, kinds.join(" or "));
  }

  /** Argument `index` as a literal whole number within bounds; else a problem. */
  wantWhole(index: number, least: number, most: number): number | null {
    const { type, literal } = this.args[index], value = Number(literal?.text ?? NaN);
    if (type?.kind === "int64" && value >= least && value <= most) return value;
    const fits = `a literal whole number from ${least} to ${most}`;
    return this.fail(index, `${this.name} needs a literal whole number here`, `What fits: ${fits}`);
  }

  /** Argument `index` as a literal string; else a problem. */
  wantText(index: number, fits: string): string | null {
    const { type, literal } = this.args[index];
    if (type && isText(type) && typeof literal?.text === "string") return literal.text;
    return this.fail(index, `${this.name} needs a literal string here`, `What fits: ${fits}`);
  }

  constant(type: DataType, text: string): TypedValue {
    const register = this.emitter.constant({ type, value: text });
    return { type, nullable: false, register, literal: { text, typed: true } };
  }

  nullOf(type: DataType): TypedValue {
    const register = this.emitter.constant({ type, value: null });
    return { type, nullable: true, register, literal: { text: null, typed: true } };
  }

  /** One instruction; NULL where an operand is, and elsewhere only if it `mayFail`. */
  emit(kernel: string, code: number, type: DataType, args: readonly Value[], mayFail = false): TypedValue {
    const register = this.emitter.call(kernel, code, args.map((arg) => arg.register), type);
    return { type, nullable: mayFail || args.some((arg) => arg.nullable), register };
  }

  /** As `emit`, for a kernel that takes a list of operands; `strict`: NULL where one of them is. */
  emitList(kernel: string, code: number, type: DataType, args: readonly Value[], strict: boolean, mayFail = false) {
    const register = this.emitter.call(kernel, code, args.map((arg) => arg.register), type, true);
    return { type, nullable: mayFail || (strict && args.some((arg) => arg.nullable)), register };
  }

  not(value: Value): TypedValue {
    return this.emit("expr_not", 0, BOOL, [value]);
  }

  /** `then` where `condition` is true, else `otherwise`; both of one type. */
  select(condition: Value, then: TypedValue, otherwise: TypedValue, strict = false): TypedValue {
    const code = (then.type.kind === "bool" ? 1 : 0) | (strict ? 2 : 0);
    const args = [condition, then, otherwise];
    const register = this.emitter.call("expr_select", code, args.map((arg) => arg.register), then.type);
    const nullable = then.nullable || otherwise.nullable || (strict && condition.nullable);
    return { type: then.type, nullable, register };
  }
}
