import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import type { CallExpression, Expression } from "../../../src/expr/mod.ts";
import { timeBound } from "../../../src/sql/bind/time_bounds.ts";

const LEFT = new Set(["l"]), RIGHT = new Set(["r"]);
const call = (name: string, ...args: Expression[]): CallExpression => ({ call: name, args });
const column = (name: string): Expression => ({ column: name });
const literal = (value: number): Expression => ({ literal: value });

const COMPARISONS: Record<string, (a: number, b: number) => boolean> = {
  eq: (a, b) => a === b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
};

function valueOf(expression: Expression, times: Record<string, number>): number {
  if ("column" in expression) return times[expression.column];
  if ("literal" in expression) return Number(expression.literal);
  const [a, b] = expression.args.map((arg) => valueOf(arg, times));
  return expression.call === "neg" ? -a : expression.call === "add" ? a + b : a - b;
}

/** Moves parts of a comparison about without changing what it says: what is added to both sides, and how sides are written. */
const written = fc.record({
  op: fc.constantFrom(...Object.keys(COMPARISONS)),
  distance: fc.integer({ min: -20, max: 20 }),
  shift: fc.integer({ min: -5, max: 5 }),
  swapped: fc.boolean(),
  form: fc.integer({ min: 0, max: 3 }),
});

function conditionOf(
  { op, distance, shift, swapped, form }: typeof written extends fc.Arbitrary<infer T> ? T : never,
): CallExpression {
  const [first, second] = swapped ? ["r", "l"] : ["l", "r"], a = column(first), b = column(second);
  switch (form) {
    case 0:
      return call(op, a, call("add", b, literal(distance)));
    case 1:
      return call(op, call("sub", a, b), literal(distance));
    case 2:
      return call(op, call("sub", call("add", a, literal(shift)), literal(distance)), call("add", b, literal(shift)));
    default:
      return call(op, call("neg", call("sub", b, a)), literal(distance));
  }
}

Deno.test("a bound of time holds for exactly the times for which its condition is true", () => {
  fc.assert(
    fc.property(written, fc.integer({ min: -30, max: 30 }), (how, r) => {
      const condition = conditionOf(how), bound = timeBound(condition, LEFT, RIGHT);
      assert.ok(bound);
      assert.equal(bound.left, "l");
      const [a, b] = condition.args, times = { l: 0, r };
      const holds = COMPARISONS[how.op](valueOf(a, times), valueOf(b, times));
      const within = (bound.lower === null || bound.lower <= r) && (bound.upper === null || r <= bound.upper);
      assert.equal(within, holds);
    }),
    { numRuns: 2000 },
  );
});

/** How often a unit of `ms` begins between two times, as DATEDIFF is written in plans. */
const begun = (from: string, to: string, ms: number) => {
  const trunc = (name: string) => call("date_trunc", { literal: "unit" }, column(name));
  return call("div", call("sub", trunc(to), trunc(from)), literal(ms));
};

Deno.test("a bound by begun units holds wherever its condition is true, and is no wider than it must be", () => {
  const numbers = fc.record({
    op: fc.constantFrom(...Object.keys(COMPARISONS)),
    ms: fc.integer({ min: 2, max: 9 }),
    whole: fc.integer({ min: -3, max: 3 }),
    forward: fc.boolean(),
    turned: fc.boolean(),
  });
  fc.assert(fc.property(numbers, ({ op, ms, whole, forward, turned }) => {
    const difference = forward ? begun("l", "r", ms) : begun("r", "l", ms);
    const condition = turned ? call(op, literal(whole), difference) : call(op, difference, literal(whole));
    const bound = timeBound(condition, LEFT, RIGHT), seen: number[] = [];
    assert.ok(bound && !bound.exact);
    for (let l = 0; l < ms; l++) {
      for (let r = l - 60; r <= l + 60; r++) {
        const units = Math.floor(r / ms) - Math.floor(l / ms), number = forward ? units : 0 - units;
        if (turned ? COMPARISONS[op](whole, number) : COMPARISONS[op](number, whole)) seen.push(r - l);
      }
    }
    if (bound.lower !== null) assert.equal(bound.lower, Math.min(...seen));
    if (bound.upper !== null) assert.equal(bound.upper, Math.max(...seen));
    assert.equal(bound.lower === null, seen.includes(-60));
    assert.equal(bound.upper === null, seen.includes(60));
  }));
});

Deno.test("what is no bound between two event times is none", () => {
  const [l, r, x] = [column("l"), column("r"), column("x")];
  const none = [
    call("ne", l, r),
    call("le", l, literal(5)),
    call("le", l, call("add", l, literal(5))),
    call("le", call("add", l, r), literal(5)),
    call("le", l, x),
    call("le", call("add", l, x), r),
    call("le", call("mul", l, literal(2)), r),
    call("le", l, call("add", r, literal(1.5))),
    call("like", l, r),
    l,
  ];
  for (const condition of none) assert.equal(timeBound(condition, LEFT, RIGHT), null, JSON.stringify(condition));
});

Deno.test("BETWEEN is both of its bounds", () => {
  const between = call(
    "between",
    column("r"),
    call("sub", column("l"), literal(3)),
    call("add", column("l"), literal(7)),
  );
  assert.deepEqual(timeBound(between, LEFT, RIGHT), { left: "l", right: "r", lower: -3, upper: 7, exact: true });
  assert.equal(timeBound(call("between", column("r"), column("l"), literal(7)), LEFT, RIGHT), null);
});
