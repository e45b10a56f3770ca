import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { Batch } from "../../src/core/batch.ts";
import {
  BOOL,
  type Column,
  type DataType,
  DOUBLE,
  formatType,
  INT64,
  STRING,
  TIMESTAMP,
} from "../../src/core/schema.ts";
import type { AnyBatchFunction, BatchColumn, BatchKind, FunctionReference } from "../../src/core/user_function.ts";
import type { Value } from "../../src/core/value.ts";
import { compileExpression, type Expression } from "../../src/expr/mod.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { type Program, ProgramRunner } from "../../src/kernel/program.ts";
import { batchOf, cellsOf } from "./expr_run.ts";
import { loadFunctions, loadKernel } from "./load.ts";
import { selectionOf } from "./vectors.ts";

const TYPES = { int64: INT64, double: DOUBLE, bool: BOOL, timestamp: TIMESTAMP, string: STRING } as const;
const KINDS = Object.keys(TYPES) as BatchKind[];

function referenceOf(takes: readonly DataType[], returns: DataType): FunctionReference {
  return { module: "file:///f.ts", export: "f", takes: takes.map(formatType), returns: formatType(returns) };
}

interface Run {
  readonly rows: readonly (readonly Value[])[];
  readonly selection?: readonly number[];
  readonly args?: readonly Expression[];
  readonly kernel?: Kernel;
}

/** The values that `f` gives over columns of the types that it takes, and the kernel that ran it; NULL for rows that are not selected. */
function run(
  f: AnyBatchFunction,
  takes: readonly DataType[],
  returns: DataType,
  { rows, selection, args, kernel = loadKernel() }: Run,
) {
  const columns: Column[] = takes.map((type, i) => ({ name: `c${i}`, type, nullable: true }));
  const reference = referenceOf(takes, returns), given = args ?? columns.map(({ name }) => ({ column: name }));
  const { program } = compileExpression({ call: "f", args: given, function: reference }, columns);
  kernel.functions.put(reference, f);
  kernel.reset();
  const runner = new ProgramRunner(kernel, JSON.parse(JSON.stringify(program)) as Program);
  const batch = batchOf(kernel, columns, rows);
  const input: Batch = selection === undefined
    ? batch
    : { ...batch, selection: selectionOf(kernel, selection), selected: selection.length };
  return { values: cellsOf(kernel, runner.run(input), rows.length), kernel };
}

/** A value of a column of a call as tests write it. */
function at({ values, nulls }: BatchColumn<BatchKind>, row: number, kind: BatchKind): Value {
  if (nulls?.[row] === 1) return null;
  return kind === "bool" ? values[row] === 1 : values[row] as Value;
}

/** A list as the array of its kind, with marks of NULL. */
function asArrays(list: readonly Value[], kind: BatchKind) {
  const nulls = Uint8Array.from(list, (value) => value === null ? 1 : 0);
  switch (kind) {
    case "double":
      return { values: Float64Array.from(list, (value) => value as number ?? 7), nulls };
    case "bool":
      return { values: Uint8Array.from(list, (value) => value === true ? 1 : 0), nulls };
    case "string":
      return { values: list.map((value) => value ?? "unseen"), nulls };
    default:
      return { values: BigInt64Array.from(list, (value) => value as bigint ?? 7n), nulls };
  }
}

const anyText = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 5 }),
  fc.constantFrom("", "é", "🙂", "\u{feff}a", "x".repeat(90)),
).map((text) => text.toWellFormed());
const ANY: Record<BatchKind, fc.Arbitrary<Value>> = {
  int64: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  double: fc.oneof(fc.double(), fc.constantFrom(NaN, -0, Infinity, 0.5)),
  bool: fc.boolean(),
  timestamp: fc.bigInt(-(10n ** 13n), 10n ** 13n),
  string: anyText,
};
const anyValue = (kind: BatchKind) => fc.option(ANY[kind], { freq: 4, nil: null });

/** A function of two arguments in its plain form, one row at a time; some rows throw. */
function plainly(returns: BatchKind, a: Value, b: Value): Value {
  const text = `${typeof a === "number" ? Object.is(a, -0) ? "-0" : a : a}|${b}`;
  const hash = [...text].reduce((sum, char) => (sum * 31 + char.codePointAt(0)!) % 1_000_003, 7);
  if (hash % 11 === 0) throw new Error(`cannot ${hash}`);
  if (hash % 5 === 0) return null;
  switch (returns) {
    case "int64":
      return BigInt(hash) * 9_000_000_000_007n * (hash % 2 === 0 ? 1n : -1n);
    case "double":
      return hash % 7 === 0 ? NaN : hash / 3;
    case "bool":
      return hash % 2 === 0;
    case "timestamp":
      return BigInt(hash) * 1000n;
    case "string":
      return hash % 2 === 0 ? text : `${hash}`;
  }
}

const anyRun = fc.record({
  takes: fc.tuple(fc.constantFrom(...KINDS), fc.constantFrom(...KINDS)),
  returns: fc.constantFrom(...KINDS),
  asList: fc.boolean(),
}).chain((one) =>
  fc.record({
    one: fc.constant(one),
    rows: fc.array(fc.tuple(anyValue(one.takes[0]), anyValue(one.takes[1]), fc.boolean()), {
      minLength: 1,
      maxLength: 200,
      size: "max",
    }),
    selects: fc.boolean(),
  })
);

Deno.test("a function over batches gives each selected row what it gives for that row alone; rows that throw have NULL and are counted", () => {
  const kernel = loadKernel();
  fc.assert(
    fc.property(anyRun, ({ one: { takes, returns, asList }, rows, selects }) => {
      const f: AnyBatchFunction = (count, a, b) => {
        const list = Array.from({ length: count }, (_, i) => plainly(returns, at(a, i, takes[0]), at(b, i, takes[1])));
        return asList ? list : asArrays(list, returns);
      };
      const selection = rows.flatMap(([, , selected], i) => selected ? [i] : []);
      const values = rows.map(([a, b]) => [a, b]);
      const types = takes.map((kind) => TYPES[kind]);
      const found = run(f, types, TYPES[returns], { rows: values, kernel, ...(selects ? { selection } : {}) });
      let faults = 0;
      const expected = rows.map(([a, b, selected]): Value => {
        if (selects && !selected) return null;
        try {
          return plainly(returns, a, b);
        } catch {
          faults++;
          return null;
        }
      });
      assert.deepEqual(found.values, expected);
      assert.equal(kernel.functions.takeFaults().reduce((sum, fault) => sum + fault.rows, 0), faults);
    }),
    { numRuns: 600 },
  );
});

Deno.test("a function sees the selected rows only, one behind the other, and 0 or an empty text where NULL stands", () => {
  const seen: unknown[] = [];
  const f: AnyBatchFunction = (rows, ...columns) => {
    seen.push(rows, ...columns.map(({ values, nulls }) => [[...values], nulls && [...nulls]]));
    return new Float64Array(rows);
  };
  const rows = [[1n, 1.5, true, 10n, "a"], [2n, 2.5, false, 20n, "b"], [null, null, null, null, null], [
    4n,
    4.5,
    true,
    40n,
    "dé",
  ]];
  run(f, Object.values(TYPES), DOUBLE, { rows, selection: [0, 2, 3] });
  const nulls = [0, 1, 0];
  assert.deepEqual(seen, [
    3,
    [[1n, 0n, 4n], nulls],
    [[1.5, 0, 4.5], nulls],
    [[1, 0, 1], nulls],
    [[10n, 0n, 40n], nulls],
    [
      ["a", "", "dé"],
      nulls,
    ],
  ]);
});

Deno.test("a column has marks of NULL only where a selected row has it", () => {
  const f: AnyBatchFunction = (rows, a) => new BigInt64Array(rows).fill(a.nulls === null ? 1n : 0n);
  assert.deepEqual(run(f, [INT64], INT64, { rows: [[1n], [null]], selection: [0] }).values, [1n, null]);
});

Deno.test("a function is not called where no row is selected", () => {
  const f: AnyBatchFunction = () => assert.fail("it was called");
  assert.deepEqual(run(f, [INT64], INT64, { rows: [[1n], [2n]], selection: [] }).values, [null, null]);
});

Deno.test("constants come as columns of one value; NULL takes the type of its parameter, and int64 widens to double", () => {
  const f: AnyBatchFunction = (rows, a, b, c, d) =>
    Array.from(
      { length: rows },
      (_, i) => [a, b, c, d].map((one) => one.nulls?.[i] === 1 ? "NULL" : one.values[i]).join(" "),
    );
  const args = [{ column: "c0" }, { literal: 7 }, { literal: null }, { literal: "x" }];
  const columns: Column[] = [{ name: "c0", type: INT64, nullable: true }];
  const reference = referenceOf([DOUBLE, DOUBLE, TIMESTAMP, STRING], STRING), kernel = loadFunctions();
  kernel.functions.put(reference, f);
  const { program } = compileExpression({ call: "f", args, function: reference }, columns);
  const result = new ProgramRunner(kernel, program).run(batchOf(kernel, columns, [[1n], [null]]));
  assert.deepEqual(cellsOf(kernel, result, 2), ["1 7 NULL x", "NULL 7 NULL x"]);
});

Deno.test("a function of constants alone, or of nothing, is called for the rows of each batch", () => {
  let calls = 0;
  const f: AnyBatchFunction = (rows) => {
    calls++;
    return new BigInt64Array(rows).fill(5n);
  };
  assert.deepEqual(run(f, [], INT64, { rows: [[], []] }).values, [5n, 5n]);
  assert.equal(calls, 1);
});

Deno.test("what a function gives can be an argument of functions of the language and of other functions", () => {
  const kernel = loadFunctions(), columns: Column[] = [{ name: "c0", type: STRING, nullable: true }];
  const reference = referenceOf([STRING], STRING);
  kernel.functions.put(reference, (rows, a) => Array.from({ length: rows }, (_, i) => `${a.values[i]}!`));
  const call = (arg: Expression): Expression => ({ call: "f", args: [arg], function: reference });
  const expression: Expression = {
    call: "upper",
    args: [call(call({ call: "concat", args: [{ column: "c0" }, { literal: "é" }] }))],
  };
  const batch = {
    ...batchOf(kernel, columns, [["a"], ["b"], ["c"]]),
    selection: selectionOf(kernel, [1, 2]),
    selected: 2,
  };
  const result = new ProgramRunner(kernel, compileExpression(expression, columns).program).run(batch);
  assert.deepEqual(cellsOf(kernel, result, 3), [null, "BÉ!!", "CÉ!!"]);
});

Deno.test("a function may write to its arguments: neither the rows nor its own next call see it", () => {
  const f: AnyBatchFunction = (rows, a) => {
    const values = a.values as BigInt64Array;
    for (let i = 0; i < rows; i++) values[i] += 1n;
    if (rows > 1) throw new Error("one by one");
    return values;
  };
  const kernel = loadKernel(), rows = [[1n], [2n]];
  assert.deepEqual(run(f, [INT64], INT64, { rows, kernel }).values, [2n, 3n]);
});

Deno.test("arrays grow with the batches, and later smaller batches see nothing of the earlier ones", () => {
  const kernel = loadKernel(), reference = referenceOf([STRING, INT64], STRING);
  const columns: Column[] = [{ name: "a", type: STRING, nullable: true }, { name: "b", type: INT64, nullable: true }];
  kernel.functions.put(reference, (rows, a, b) => {
    assert.deepEqual([a.values.length, b.values.length], [rows, rows]);
    return Array.from({ length: rows }, (_, i) => `${a.values[i]}${b.values[i]}`);
  });
  const args = [{ column: "a" }, { column: "b" }];
  const runner = new ProgramRunner(
    kernel,
    compileExpression({ call: "f", args, function: reference }, columns).program,
  );
  for (const count of [3, 9000, 1, 70, 20_000, 2]) {
    kernel.reset();
    const rows = Array.from({ length: count }, (_, i): Value[] => [i % 3 === 0 ? "ä" : `t${i}`, BigInt(i)]);
    const cells = cellsOf(kernel, runner.run(batchOf(kernel, columns, rows)), count);
    assert.deepEqual(cells, rows.map(([a, b]) => `${a}${b}`));
  }
});

const REFUSED:
  readonly (readonly [why: string, returns: DataType, given: (rows: number) => unknown, reason: RegExp])[] = [
    ["too few values", DOUBLE, (rows) => new Float64Array(rows + 1), /^It gave 2 values for 1 row$/],
    [
      "another type",
      DOUBLE,
      (rows) => new BigInt64Array(rows),
      /^It gave a BigInt64Array: double is a Float64Array, or a list/,
    ],
    ["nothing", INT64, () => undefined, /^It gave nothing: int64 is a BigInt64Array/],
    ["a number", INT64, () => 5, /^It gave 5: int64 is/],
    ["a Promise", INT64, () => Promise.reject(new Error("later")), /^It gave a Promise: .*nobody waits/],
    ["undefined in a list", STRING, () => [undefined], /^It gave undefined for a row: string is/],
    ["an object in a list", STRING, () => [{}], /^It gave an object for a row: string is/],
    ["a whole number beyond int64", INT64, () => [2n ** 63n], /^It gave 9223372036854775808n for a row/],
    ["a number that is not exact", INT64, () => [2 ** 53], /^It gave 9007199254740992 for a row/],
    ["a fraction", TIMESTAMP, () => [1.5], /^It gave 1.5 for a row/],
    ["a bool of 2", BOOL, () => Uint8Array.of(2), /^It gave 2 for a bool/],
    ["a text for a number", DOUBLE, () => ["1"], /^It gave "1" for a row: double is/],
    ["a text that is too long", STRING, () => ["x".repeat((16 << 20) + 1)], /^It gave a text of 16777217 characters/],
    [
      "marks of another kind",
      DOUBLE,
      (rows) => ({ values: new Float64Array(rows), nulls: [true] }),
      /^It gave an Array for nulls/,
    ],
    [
      "marks of another length",
      DOUBLE,
      (rows) => ({ values: new Float64Array(rows), nulls: new Uint8Array(5) }),
      /^It gave 5 marks of NULL for 1 row$/,
    ],
    ["an error without a message", DOUBLE, () => {
      throw new TypeError();
    }, /^TypeError$/],
    ["something that has no text", DOUBLE, () => {
      throw { toString: () => assert.fail() };
    }, /^what it threw has no text$/],
  ];

for (const [why, returns, given, reason] of REFUSED) {
  Deno.test(`a result that does not fit gives NULL with a reason that names it: ${why}`, () => {
    const { values, kernel } = run(given, [INT64], returns, { rows: [[1n]] });
    assert.deepEqual(values, [null]);
    const [fault, ...others] = kernel.functions.takeFaults();
    assert.match(fault.reason, reason);
    assert.deepEqual([fault.function, fault.rows, others.length], ["f of f.ts", 1, 0]);
  });
}

Deno.test("what fails while nothing is counted is not told", () => {
  const kernel = loadKernel();
  const fail = () =>
    assert.throws(() => run(() => assert.fail(), [INT64], INT64, { rows: [[1n]], kernel }).values[0] ?? assert.fail());
  kernel.functions.uncounted(fail);
  assert.deepEqual(kernel.functions.takeFaults(), []);
  fail();
  assert.equal(kernel.functions.takeFaults().length, 1);
});

Deno.test("a program whose function was not loaded is an error that names it", () => {
  const reference = referenceOf([INT64], INT64), columns: Column[] = [{ name: "a", type: INT64, nullable: true }];
  const { program } = compileExpression({ call: "f", args: [{ column: "a" }], function: reference }, columns);
  assert.throws(() => new ProgramRunner(loadKernel(), program), /^RdxError: User function f of f.ts was not loaded$/);
});
