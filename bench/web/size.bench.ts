/**
 * P11, the tab's half: what a page loads, after gzip, that runs a plan with a windowed aggregate over NDJSON in itself; and what comes
 * beside it only when it is used.
 *
 *   deno run -A scripts/build.ts && deno bench -A --lock=test/deno.lock bench/web/size.bench.ts
 */
import { gzipSync } from "node:zlib";
import { bundle } from "../../scripts/bundle.ts";
import { benchOnce } from "../lib/compare.ts";

const GATE_KB = 80, GOAL_KB = 60;

const root = new URL("../../", import.meta.url), dist = new URL("dist/", root);

/** The side of the engine that runs in the page: it coordinates, and keeps the views. */
const ENGINE = [
  `export { Engine } from "${root}src/runtime/engine.ts";`,
  `export { memoryLogs } from "${root}src/log/memory.ts";`,
  `export { forgetfulOrder } from "${root}src/runtime/order.ts";`,
  `export { compileKernels } from "${root}src/kernel/module.ts";`,
  `export { MetricRegistry } from "${root}src/telemetry/metrics.ts";`,
  `export { createView } from "${root}src/view/create.ts";`,
  `export { systemClock } from "${root}src/core/clock.ts";`,
];
const SQL = [`export { compileSql } from "${root}src/sql/mod.ts";`];

function zipped(bytes: Uint8Array): number {
  return gzipSync(bytes, { level: 9 }).length / 1000;
}

/** Kilobytes of a bundle of these lines, after gzip. */
async function bundled(folder: string, name: string, lines: readonly string[]): Promise<number> {
  const entry = `${folder}/${name}.ts`, out = `${folder}/${name}.js`;
  await Deno.writeTextFile(entry, lines.join("\n"));
  await bundle(entry, out);
  return zipped(await Deno.readFile(out));
}

benchOnce("what a page loads", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-size-" });
  try {
    const wasm = async (name: string) => zipped(await Deno.readFile(new URL(`${name}.wasm`, dist)));
    const parts: readonly (readonly [string, number])[] = [
      ["engine, in the page", await bundled(folder, "engine", ENGINE)],
      ["task, in its worker", await bundled(folder, "task", [`import "${root}workers/task.ts";`])],
      ["kernel.wasm", await wasm("kernel")],
    ];
    const later: readonly (readonly [string, number])[] = [
      ["operators.wasm, for joins, groups, ranks, sessions", await wasm("operators")],
      ["functions.wasm, for functions beyond arithmetic, texts and dates", await wasm("functions")],
      ["SQL, without its grammar", await bundled(folder, "sql", SQL)],
    ];
    const all = parts.reduce((sum, [, size]) => sum + size, 0);
    const lines = [...parts, ["together", all] as const].map(([name, size]) =>
      `  ${size.toFixed(1).padStart(6)} KB  ${name}`
    );
    const held = all <= GATE_KB ? "held" : "MISSED", reached = all <= GOAL_KB ? "reached" : "not reached";
    console.log(
      `\nP11: an embedded plan with a windowed aggregate loads, after gzip (gate ${GATE_KB} KB ${held}, goal ${GOAL_KB} KB ${reached})`,
    );
    console.log(lines.join("\n"));
    console.log("and only when it is used");
    for (const [name, size] of later) console.log(`  ${size.toFixed(1).padStart(6)} KB  ${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
