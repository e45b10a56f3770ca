import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { type Column, type DataType, formatType } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import type { Expression } from "../../../src/expr/mod.ts";
import { valuesOf } from "./run.ts";

/** An argument of a function: its type, and what it may be besides NULL. */
export interface Argument {
  readonly type: DataType;
  readonly values: fc.Arbitrary<Value>;
}

export interface Subject {
  readonly args: readonly Argument[];
  /** What the function gives for a row, plainly. Called for rows without NULL, unless `takesNull`. */
  readonly reference: (...args: never[]) => Value;
  readonly takesNull?: boolean;
  readonly runs?: number;
  /** The expression over the arguments; default: a call of the function's name. */
  readonly expression?: (name: string, args: readonly Expression[]) => Expression;
}

const ROWS_MAX = 140;

function literal(type: DataType, value: Value): Expression {
  if (value === null) return { literal: null, type: formatType(type) };
  if (value instanceof Uint8Array) return { literal: value.toBase64(), type: "bytes" };
  if (typeof value === "number") return { literal: Object.is(value, -0) ? "-0" : String(value), type: "double" };
  return { literal: typeof value === "bigint" ? String(value) : value, type: formatType(type) };
}

/**
 * Holds a function against its reference over random rows, one value in six NULL, with every argument as a column and as
 * a literal. Fast-check prints the seed of what it finds.
 */
export function check(name: string, { args, reference, takesNull, runs = 60, expression }: Subject): void {
  const columns: Column[] = args.map(({ type }, i) => ({ name: "abcdefgh"[i], type, nullable: true }));
  const cell = ({ values }: Argument) => fc.option(values, { nil: null, freq: 6 });
  const rows = fc.array(fc.tuple(...args.map(cell)), { minLength: 1, maxLength: ROWS_MAX, size: "max" });
  const make = expression ?? ((call: string, values: readonly Expression[]): Expression => ({ call, args: values }));
  fc.assert(
    fc.property(rows, fc.nat(2 ** args.length - 1), (given, fixed) => {
      const same = given.map((row) => row.map((value, i) => fixed >> i & 1 ? given[0][i] : value));
      const values = args.map(({ type }, i): Expression =>
        fixed >> i & 1 ? literal(type, given[0][i]) : { column: columns[i].name }
      );
      const expected = same.map((row) => !takesNull && row.includes(null) ? null : reference(...row as never[]));
      assert.deepEqual(valuesOf(make(name, values), columns, same), expected);
    }),
    { numRuns: runs },
  );
}
