import { type DataType, DOUBLE, TIMESTAMP } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { adapt, widenTo } from "../cast.ts";
import type { FunctionDefinition } from "../definition.ts";
import type { TypedValue } from "../value.ts";

/**
 * What a parameter takes: `number` any number, which becomes a double; `text` a string or bytes; else the type itself, and a
 * literal string where it is a timestamp.
 */
export type Parameter = "number" | "int64" | "string" | "text" | "timestamp" | "bool";

/** A function that is one kernel call over parameters of fixed types. */
export interface Plain extends Omit<FunctionDefinition, "args" | "apply"> {
  readonly params: readonly Parameter[];
  /** So many of the last parameters may be left out. */
  readonly optional?: number;
  readonly kernel: string;
  /** Default 0; a function of how many arguments there are. */
  readonly code?: number | ((args: number) => number);
  readonly result: DataType;
  /** Whether it can be NULL though no argument is. */
  readonly mayFail?: boolean;
}

/** Argument `index` as a parameter takes it; null with a problem. */
export function wantParameter(call: CallSite, index: number, parameter: Parameter): TypedValue | null {
  switch (parameter) {
    case "number": {
      const value = call.want(index, "double", "int64", "decimal");
      return value && widenTo(call, value, DOUBLE);
    }
    case "text":
      return call.want(index, "string", "bytes");
    case "timestamp": {
      const value = adapt(call, call.args[index], TIMESTAMP);
      if (value === null) {
        return call.fail(
          index,
          "Cannot read this string as a timestamp",
          "Write ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z",
        );
      }
      return value.type?.kind === "timestamp" ? value as TypedValue : call.want(index, "timestamp");
    }
    default:
      return call.want(index, parameter);
  }
}

/** All arguments as parameters take them; null with problems. */
export function wantParameters(call: CallSite, params: readonly Parameter[]): TypedValue[] | null {
  const values = call.args.map((_, i) => wantParameter(call, i, params[Math.min(i, params.length - 1)]));
  return values.includes(null) ? null : values as TypedValue[];
}

/** Operands that a kernel takes one by one; more are a list. */
const OPERANDS_MAX = 3;

export function plain(spec: Plain): FunctionDefinition {
  const { params, optional = 0, kernel, code = 0, result, mayFail, ...listed } = spec;
  return {
    ...listed,
    args: [params.length - optional, params.length],
    apply: (call) => {
      const values = wantParameters(call, params);
      if (values === null) return null;
      const number = typeof code === "number" ? code : code(values.length);
      if (params.length > OPERANDS_MAX) return call.emitList(kernel, number, result, values, true, mayFail);
      return call.emit(kernel, number, result, values, mayFail);
    },
  };
}
