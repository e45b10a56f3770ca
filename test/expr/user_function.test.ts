import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { compileExpression, type Expression, expressionSchema } from "../../src/expr/mod.ts";

const COLUMNS: readonly Column[] = [
  { name: "price", type: INT64, nullable: false },
  { name: "amount", type: decimal(10, 2), nullable: true },
  { name: "ratio", type: DOUBLE, nullable: false },
  { name: "name", type: STRING, nullable: false },
  { name: "ts", type: TIMESTAMP, nullable: false },
];
const column = (name: string): Expression => ({ column: name });
const SCORE = { module: "file:///f/score.ts", export: "score", takes: ["int64", "double"], returns: "double" };
const score = (...args: Expression[]) => ({ call: "score", args, function: SCORE });

function problemOf(expression: unknown) {
  try {
    compileExpression(expression as Expression, COLUMNS, "nodes[1].where");
  } catch (thrown) {
    assert.ok(thrown instanceof RdxError && thrown.code === "invalid_plan", `threw ${thrown}`);
    const [detail, ...more] = thrown.details;
    assert.deepEqual(more, []);
    return detail;
  }
  throw new assert.AssertionError({ message: "the expression is taken though it is wrong" });
}

Deno.test("a call that carries its function becomes an instruction with its reference, which JSON keeps as it is", () => {
  const { program, type, nullable } = compileExpression(score(column("price"), column("ratio")), COLUMNS);
  assert.deepEqual(program.instructions, [
    { kernel: "user", code: 0, args: [0, 1], out: 2, type: DOUBLE, user: SCORE },
  ]);
  assert.deepEqual([type, nullable, JSON.parse(JSON.stringify(program))], [DOUBLE, true, program]);
});

Deno.test("arguments widen and NULLs take their types, as for functions of the language", () => {
  const { program } = compileExpression(score({ literal: null }, column("amount")), COLUMNS);
  assert.deepEqual(program.constants, [{ type: INT64, value: null }]);
  assert.deepEqual(program.instructions.map(({ kernel }) => kernel), ["expr_to_double", "user"]);
  const time = { ...SCORE, takes: ["timestamp"], returns: "timestamp" };
  const { program: literal } = compileExpression(
    { call: "next", args: [{ literal: "2026-01-01T00:00:00Z" }], function: time },
    COLUMNS,
  );
  assert.deepEqual(literal.constants, [{ type: TIMESTAMP, value: "1767225600000" }]);
});

Deno.test("calls of one function with the same arguments are one, calls of functions that differ are not", () => {
  const twice = (other: Expression): Expression => ({
    call: "add",
    args: [score(column("price"), column("ratio")), other],
  });
  const calls = (other: Expression) =>
    compileExpression(twice(other), COLUMNS).program.instructions.filter(({ user }) => user).length;
  assert.equal(calls(score(column("price"), column("ratio"))), 1);
  const args = [column("price"), column("ratio")];
  assert.equal(calls({ call: "score", args, function: { ...SCORE, export: "other" } }), 2);
});

Deno.test("a call of constants is not folded: the function is called for rows", () => {
  const { program } = compileExpression(score({ literal: 1 }, { literal: 2.5 }), COLUMNS);
  assert.deepEqual([program.folded, program.constants.length], [0, 2]);
});

const at = (member: string) => `nodes[1].where.${member}`;
const args = [column("price"), column("ratio")];
const REFUSED: readonly (readonly [why: string, expression: unknown, path: string, reason: RegExp, hint?: RegExp])[] = [
  [
    "the name of a function of the language",
    { call: "abs", args, function: SCORE },
    at("call"),
    /^abs is a function of the/,
  ],
  ["an alias of one", { call: "POWER", args, function: SCORE }, at("call"), /is a function of the language/],
  ["a name that is none", { call: "a b", args, function: SCORE }, at("call"), /^Cannot call a function "a b"/],
  [
    "no module",
    { call: "f", args, function: { ...SCORE, module: undefined } },
    at("function.module"),
    /^module is missing/,
  ],
  [
    "a module without its place",
    { call: "f", args, function: { ...SCORE, module: "./score.ts" } },
    at("function.module"),
    /^Cannot use "\.\/score\.ts" as a URL$/,
    /import\.meta\.resolve gives it/,
  ],
  ["no export", { call: "f", args, function: { ...SCORE, export: "" } }, at("function.export"), /^export is missing/],
  [
    "an unknown member",
    { call: "f", args, function: { ...SCORE, return: "x" } },
    at("function.return"),
    /^Unknown/,
    /returns\?$/,
  ],
  ["a function that is none", { call: "f", args, function: "f" }, at("function"), /^Expected an object$/],
  ["no types", { call: "f", args, function: { ...SCORE, takes: "int64" } }, at("function.takes"), /^Expected an array/],
  [
    "a decimal",
    { call: "f", args, function: { ...SCORE, takes: ["int64", "decimal(9,2)"] } },
    at("function.takes[1]"),
    /^User functions have no decimal\(9,2\)$/,
    /as a string, which is exact, or as a double/,
  ],
  [
    "a wide decimal",
    { call: "f", args, function: { ...SCORE, takes: ["int64", "decimal(30,2)"] } },
    at("function.takes[1]"),
    /^User functions have no decimal\(30,2\)$/,
    /as a string, which is exact, or as a double/,
  ],
  [
    "an array",
    { call: "f", args, function: { ...SCORE, takes: ["int64", "array<int64>"] } },
    at("function.takes[1]"),
    /^User functions have no array<int64>$/,
    /^Take its JSON text as a string$/,
  ],
  [
    "bytes",
    { call: "f", args, function: { ...SCORE, returns: "bytes" } },
    at("function.returns"),
    /^User functions have no/,
  ],
  [
    "no such type",
    { call: "f", args, function: { ...SCORE, returns: "float" } },
    at("function.returns"),
    /^Unknown type/,
  ],
  [
    "too few arguments",
    score(column("price")),
    "nodes[1].where",
    /^score cannot take 1 argument$/,
    /^score\(int64, double\): double$/,
  ],
  [
    "a double for an int64",
    score(column("ratio"), column("ratio")),
    at("args[0]"),
    /^score cannot take double here$/,
    /^What fits: int64; .*cast/,
  ],
  ["a text for a double", score(column("price"), column("name")), at("args[1]"), /^score cannot take string here$/],
  ["a target", { ...score(...args), type: "int64" }, "nodes[1].where", /^score takes no type$/],
  ["an unknown column", score(column("prise"), column("ratio")), at("args[0]"), /^Unknown column "prise"$/],
];

for (const [why, expression, path, reason, hint] of REFUSED) {
  Deno.test(`a call of a user function is refused at its place: ${why}`, () => {
    const problem = problemOf(expression);
    assert.equal(problem.path, path);
    assert.match(problem.reason, reason);
    if (hint) assert.match(problem.hint ?? "", hint);
  });
}

Deno.test("the schema has a form for user functions", () => {
  const { oneOf } = expressionSchema() as { oneOf: { required: string[] }[] };
  assert.deepEqual(oneOf[3].required, ["call", "args", "function"]);
});
