/**
 * P13: user functions in TypeScript against functions of the language that give the same values.
 *
 *   deno run -A scripts/build.ts && deno bench -A bench/kernel/user_function.bench.ts
 *
 * One run is PASSES passes of a program over batches that lie in kernel memory, as operators run it: the user function's time has in it
 * what it takes to hand the arguments out and to take the result in. The clock is the process's time on processors, that of the garbage
 * collector's threads too. Answers, a digest of all cells, are compared. The rival is our own
 * language, so that "ours is 0.20 ×" says that a user function takes five times as long for a row; nanoseconds for a row stand beside it.
 */
import process from "node:process";
import type { Batch } from "../../src/core/batch.ts";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { type Column, DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import type { AnyBatchFunction, BatchFunction } from "../../src/core/user_function.ts";
import { compileExpression, type Expression } from "../../src/expr/mod.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { ProgramRunner } from "../../src/kernel/program.ts";
import { benchOnce, compare, type Contestant } from "../lib/compare.ts";

const ROWS = BATCH_ROWS_MAX;
const PASSES = 50;
const ROUNDS = 15;
const CHARS = 12;
const COLUMNS: readonly Column[] = [
  { name: "i", type: INT64, nullable: false },
  { name: "a", type: DOUBLE, nullable: false },
  { name: "b", type: DOUBLE, nullable: false },
  { name: "t", type: STRING, nullable: false },
];
const column = (name: string): Expression => ({ column: name });
const call = (name: string, ...args: Expression[]): Expression => ({ call: name, args });

const scale: BatchFunction<["double", "double"], "double"> = (rows, a, b) => {
  const out = new Float64Array(rows), x = a.values, y = b.values;
  for (let i = 0; i < rows; i++) out[i] = x[i] * y[i] + 0.5;
  return out;
};
const next: BatchFunction<["int64"], "int64"> = (rows, a) => {
  const out = new BigInt64Array(rows), x = a.values;
  for (let i = 0; i < rows; i++) out[i] = BigInt.asIntN(64, x[i] + 1n);
  return out;
};
const shout: BatchFunction<["string"], "string"> = (_, text) => text.values.map((one) => one.toUpperCase());
const long: BatchFunction<["string"], "bool"> = (rows, text) => {
  const out = new Uint8Array(rows), texts = text.values;
  for (let i = 0; i < rows; i++) out[i] = texts[i].length > 10 ? 1 : 0;
  return out;
};

interface Case {
  readonly title: string;
  readonly run: unknown;
  readonly takes: readonly string[];
  readonly returns: string;
  readonly args: readonly Expression[];
  readonly same: Expression;
}

const CASES: readonly Case[] = [
  {
    title: "double: a * b + 0.5",
    run: scale,
    takes: ["double", "double"],
    returns: "double",
    args: [column("a"), column("b")],
    same: call("add", call("mul", column("a"), column("b")), { literal: 0.5 }),
  },
  {
    title: "int64: i + 1",
    run: next,
    takes: ["int64"],
    returns: "int64",
    args: [column("i")],
    same: call("add", column("i"), { literal: 1 }),
  },
  {
    title: `string: upper of ${CHARS} characters`,
    run: shout,
    takes: ["string"],
    returns: "string",
    args: [column("t")],
    same: call("upper", column("t")),
  },
  {
    title: `string to bool: whether it is longer than 10 characters`,
    run: long,
    takes: ["string"],
    returns: "bool",
    args: [column("t")],
    same: call("gt", call("length", column("t")), { literal: 10 }),
  },
];

const moduleOf = (name: string) =>
  new WebAssembly.Module(Deno.readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url)));

/** A batch in memory that lasts, with every second row selected or all of them. */
function makeBatch(kernel: Kernel, half: boolean): Batch {
  const [i, a, b, t] = COLUMNS.map(({ type }) => ({ type, data: kernel.alloc(ROWS * 8), validity: 0 }));
  const chars = kernel.alloc(ROWS * CHARS), selection = half ? kernel.alloc(ROWS * 2) : 0, view = kernel.data;
  for (let row = 0; row < ROWS; row++) {
    view.setBigInt64(i.data + row * 8, BigInt(row * 7), true);
    view.setFloat64(a.data + row * 8, row / 3, true);
    view.setFloat64(b.data + row * 8, row % 97, true);
    const text = new TextEncoder().encode(`row ${row}`.padEnd(CHARS, "abcdef"));
    kernel.copyIn(text, chars + row * CHARS);
    view.setUint32(t.data + row * 8, chars + row * CHARS, true);
    view.setUint32(t.data + row * 8 + 4, CHARS, true);
    if (half && row % 2 === 0) view.setInt32(selection + row * 2, row, true);
  }
  return { rows: ROWS, columns: [i, a, b, t], selection, selected: half ? ROWS / 2 : ROWS, kinds: 0 };
}

function contestant(name: string, expression: Expression, user: readonly [Case, boolean]): Contestant<number> {
  const kernel = new Kernel(moduleOf("kernel")), [{ run, takes, returns }, half] = user;
  kernel.extend("functions", moduleOf("functions"));
  kernel.functions.put({ module: "file:///f.ts", export: "f", takes, returns }, run as AnyBatchFunction);
  const runner = new ProgramRunner(kernel, compileExpression(expression, COLUMNS).program),
    batch = makeBatch(kernel, half);
  return {
    name,
    run() {
      const start = process.cpuUsage();
      for (let pass = 0; pass < PASSES; pass++) {
        kernel.reset();
        runner.run(batch);
      }
      const { user, system } = process.cpuUsage(start), seconds = (user + system) / 1e6;
      kernel.reset();
      return { answer: digest(kernel, runner, batch), seconds };
    },
  };
}

/** A digest of the selected cells. */
function digest(kernel: Kernel, runner: ProgramRunner, batch: Batch): number {
  const { data, type } = runner.run(batch), view = kernel.data;
  let sum = 0;
  for (let n = 0; n < batch.selected; n++) {
    const row = batch.selection === 0 ? n : view.getInt32(batch.selection + n * 4, true), at = data + row * 8;
    if (type.kind === "bool") sum = sum * 31 + (view.getUint8(data + (row >> 3)) >> (row & 7) & 1) | 0;
    else if (type.kind === "string") {
      const from = view.getUint32(at, true);
      for (let i = 0; i < view.getUint32(at + 4, true); i++) sum = sum * 31 + view.getUint8(from + i) | 0;
    } else sum = sum * 31 + view.getInt32(at, true) + view.getInt32(at + 4, true) | 0;
  }
  return sum;
}

benchOnce("user functions against functions of the language", async () => {
  for (const half of [false, true]) {
    for (const one of CASES) {
      const { args, takes, returns, same } = one, events = (half ? ROWS / 2 : ROWS) * PASSES;
      const user: Expression = { call: "f", args, function: { module: "file:///f.ts", export: "f", takes, returns } };
      const rows = await compare({
        title: `${one.title}${half ? ", every second row selected" : ""}`,
        events,
        rounds: ROUNDS,
        ours: contestant("user function", user, [one, half]),
        rivals: [contestant("function of the language", same, [one, half])],
      });
      const [mine, theirs] = rows.map(({ eventsPerSecond }) => (1e9 / eventsPerSecond).toFixed(1));
      console.log(`  ${mine} ns a row against ${theirs} ns`);
    }
  }
});
