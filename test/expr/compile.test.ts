import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { EXPRESSION_DEPTH_MAX, EXPRESSION_NODES_MAX } from "../../src/core/limits.ts";
import {
  BOOL,
  type Column,
  decimal,
  DOUBLE,
  formatType,
  INT64,
  parseType,
  STRING,
  TIMESTAMP,
} from "../../src/core/schema.ts";
import { compileExpression, type Expression, nullable, typeOf } from "../../src/expr/mod.ts";

const COLUMNS: readonly Column[] = [
  { name: "price", type: INT64, nullable: false },
  { name: "amount", type: decimal(10, 2), nullable: true },
  { name: "ratio", type: DOUBLE, nullable: false },
  { name: "name", type: STRING, nullable: false },
  { name: "ts", type: TIMESTAMP, nullable: false },
  { name: "ok", type: BOOL, nullable: true },
  { name: "__proto__", type: INT64, nullable: true },
];
const column = (name: string): Expression => ({ column: name });
const call = (name: string, ...args: Expression[]): Expression => ({ call: name, args });

function detailsOf(expression: unknown, path = "nodes[2].where") {
  try {
    compileExpression(expression as Expression, COLUMNS, path);
  } catch (thrown) {
    assert.ok(thrown instanceof RdxError);
    assert.equal(thrown.code, "invalid_plan");
    return thrown.details;
  }
  throw new assert.AssertionError({ message: "the expression is taken though it is wrong" });
}

Deno.test("a program is plain data that JSON keeps as it is", () => {
  const { program } = compileExpression(
    call("add", column("price"), { literal: "9223372036854775807", type: "int64" }),
    COLUMNS,
  );
  assert.deepEqual(JSON.parse(JSON.stringify(program)), program);
  assert.deepEqual(program, {
    inputs: [0],
    constants: [{ type: INT64, value: "9223372036854775807" }],
    instructions: [{ kernel: "expr_int", code: 0, args: [0, 1], out: 2, type: INT64 }],
    folded: 0,
    registers: 3,
    output: 2,
    type: INT64,
  });
});

Deno.test("sub-expressions of constants come first, to run once", () => {
  const constant = call("mul", { literal: 3 }, call("add", { literal: 1 }, { literal: 2 }));
  const { program } = compileExpression(call("gt", column("price"), constant), COLUMNS);
  assert.equal(program.folded, 2);
  assert.deepEqual(program.instructions.map(({ kernel }) => kernel), ["expr_int", "expr_int", "expr_compare_int"]);
});

Deno.test("a sub-expression that occurs twice is computed once", () => {
  const twice = call("add", column("price"), { literal: 1 });
  const { program } = compileExpression(call("mul", twice, structuredClone(twice)), COLUMNS);
  assert.equal(program.instructions.length, 2);
});

Deno.test("LIKE patterns without a wildcard inside need no pattern matching", () => {
  const code = (pattern: string) =>
    compileExpression(call("like", column("name"), { literal: pattern }), COLUMNS).program.instructions[0].code;
  assert.deepEqual(["a", "a%", "%a", "%a%", "%"].map(code), [0, 8, 9, 10, 10]);
  assert.deepEqual(["a_", "a%b"].map((pattern) => code(pattern) & 255), [11, 11]);
});

Deno.test("types of results", () => {
  const types: [Expression, string][] = [
    [call("add", column("price"), { literal: 1 }), "int64"],
    [call("add", column("price"), { literal: 1.5 }), "double"],
    [call("add", column("amount"), { literal: 1.5 }), "decimal(11,2)"],
    [call("mul", column("amount"), column("amount")), "decimal(20,4)"],
    [call("div", column("amount"), column("amount")), "decimal(23,13)"],
    [call("div", column("amount"), { literal: 3 }), "decimal(14,6)"],
    [call("sub", column("ts"), column("ts")), "int64"],
    [call("add", column("ts"), { literal: 1000 }), "timestamp"],
    [call("coalesce", column("amount"), { literal: 0 }), "decimal(10,2)"],
    [call("case", column("ok"), column("price"), column("ratio")), "double"],
    [call("case", column("ok"), { literal: null }, column("name")), "string"],
    [call("round", column("amount")), "decimal(9,0)"],
    [{ call: "cast", args: [column("name")], type: "decimal(18,2)" }, "decimal(18,2)"],
    [{ literal: 5 }, "int64"],
    [{ literal: 5, type: "double" }, "double"],
  ];
  for (const [expression, type] of types) {
    assert.equal(formatType(typeOf(expression, COLUMNS)), type, JSON.stringify(expression));
  }
});

Deno.test("results are nullable where a row can give NULL", () => {
  const can: [Expression, boolean][] = [
    [column("price"), false],
    [column("amount"), true],
    [call("add", column("price"), { literal: 1 }), true],
    [call("add", column("ratio"), { literal: 1 }), false],
    [call("eq", column("price"), { literal: 1 }), false],
    [call("eq", column("amount"), { literal: 1 }), true],
    [call("coalesce", column("amount"), { literal: 0 }), false],
    [call("is_null", column("amount")), false],
    [call("case", column("ok"), column("name")), true],
    [call("case", column("ok"), column("name"), { literal: "" }), false],
    [call("in", column("price"), { literal: 1 }, { literal: null }), true],
    [{ call: "cast", args: [column("name")], type: "int64" }, true],
  ];
  for (const [expression, expected] of can) {
    assert.equal(nullable(expression, COLUMNS), expected, JSON.stringify(expression));
  }
});

Deno.test("all problems of an expression are told, each with its place", () => {
  const wrong = call(
    "and",
    call("gt", column("pice"), { literal: 1 }),
    call("startswith", column("nme"), { literal: "a" }),
  );
  assert.deepEqual(detailsOf(wrong), [
    { path: "nodes[2].where.args[0].args[0]", reason: 'Unknown column "pice"', hint: "Did you mean price?" },
    { path: "nodes[2].where.args[1]", reason: 'Unknown function "startswith"', hint: "Did you mean starts_with?" },
    { path: "nodes[2].where.args[1].args[0]", reason: 'Unknown column "nme"', hint: "Did you mean name?" },
  ]);
});

Deno.test("an argument of a wrong type is told with what fits", () => {
  assert.deepEqual(detailsOf(call("lower", column("price")), "x"), [
    { path: "x.args[0]", reason: "lower cannot take int64 here", hint: "What fits: string" },
  ]);
  assert.deepEqual(detailsOf(call("add", column("price"), column("name")), ""), [{
    path: "args[1]",
    reason: "add cannot take int64 and string",
    hint: "What fits: int64, double, decimal; cast the argument to one of them",
  }]);
  assert.match(detailsOf(call("eq", column("price"), column("name")))[0].reason, /^Cannot compare int64 with string$/);
  assert.match(
    detailsOf(call("case", column("ok"), column("price"), column("name")))[0].reason,
    /^case cannot give both/,
  );
  assert.match(detailsOf(call("date_part", { literal: "yaer" }, column("ts")))[0].hint ?? "", /^Did you mean year\?/);
  assert.match(
    detailsOf({ call: "cast", args: [column("ok")], type: "timestamp" })[0].reason,
    /^There is no cast from bool/,
  );
  assert.match(detailsOf({ call: "cast", args: [column("ok")], type: "int" })[0].reason, /^Unknown type "int"/);
});

Deno.test("malformed expressions are told and never throw anything else", () => {
  const wrong: unknown[] = [null, 1, "a", [], {}, { call: "add" }, { call: "add", args: [{ literal: 1 }] }, {
    call: 1,
    args: [],
  }];
  const literals: unknown[] = [{ literal: {} }, { literal: 2 ** 60 }, { literal: "x", type: "int64" }, {
    literal: NaN,
  }];
  const types: unknown[] = [{ literal: 1, type: "number" }, { literal: null }, {
    call: "not",
    args: [{ literal: true }],
    type: "bool",
  }];
  const typed: unknown[] = [{ literal: "2023-02-29", type: "timestamp" }, { literal: 1.234, type: "decimal(3,2)" }];
  for (const expression of [...wrong, ...literals, ...types, ...typed]) {
    const details = detailsOf(expression);
    assert.equal(details.length, 1, JSON.stringify(expression));
    assert.equal(details[0].path?.startsWith("nodes[2].where"), true);
  }
});

Deno.test("nesting and size are bounded", () => {
  let deep: Expression = column("ok");
  for (let i = 1; i < EXPRESSION_DEPTH_MAX; i++) deep = call("not", deep);
  assert.equal(typeOf(deep, COLUMNS), BOOL);
  assert.match(detailsOf(call("not", deep))[0].reason, /nested deeper than/);
  let wide: Expression = column("ok");
  for (let i = 0; i < 40; i++) wide = call("and", wide, wide);
  assert.deepEqual(detailsOf(wide).map(({ reason }) => reason), [
    `Expression has more than ${EXPRESSION_NODES_MAX} parts`,
  ]);
});

Deno.test("names such as __proto__ are columns like any other and no functions", () => {
  assert.equal(typeOf(column("__proto__"), COLUMNS), INT64);
  assert.match(detailsOf(column("constructor"))[0].reason, /^Unknown column "constructor"$/);
  assert.match(detailsOf(call("constructor"))[0].reason, /^Unknown function "constructor"$/);
});

Deno.test("a literal without a type takes that of its neighbour where it can", () => {
  const constants = (expression: Expression) => compileExpression(expression, COLUMNS).program.constants;
  assert.deepEqual(constants(call("lt", column("ts"), { literal: "2026-01-01" })), [
    { type: TIMESTAMP, value: String(Date.UTC(2026, 0, 1)) },
  ]);
  assert.deepEqual(constants(call("gt", column("amount"), { literal: 1.5 })), [{ type: decimal(18, 2), value: "150" }]);
  assert.match(
    detailsOf(call("lt", column("ts"), { literal: "today" }))[0].reason,
    /^Cannot read this string as a timestamp$/,
  );
});

Deno.test("the values of IN become one sorted list, and what no value can equal is left out", () => {
  const lists = (name: string, ...values: Expression[]) =>
    compileExpression(call("in", column(name), ...values), COLUMNS).program.constants;
  const literals = (...values: (string | number)[]) => values.map((literal): Expression => ({ literal }));
  assert.deepEqual(lists("price", ...literals(30, -4, 200, 30)), [{ type: INT64, values: ["-4", "30", "200"] }]);
  assert.deepEqual(lists("name", ...literals("b", "aa", "a", "é")), [{ type: STRING, values: ["a", "b", "aa", "é"] }]);
  const typed = (literal: string): Expression => ({ literal, type: "decimal(5,3)" });
  assert.deepEqual(lists("amount", typed("1.250"), typed("1.234")), [{
    type: parseType("decimal(10,2)"),
    values: ["125"],
  }]);
});
