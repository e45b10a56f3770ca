import assert from "node:assert/strict";
import { importGraph, sourceFiles } from "./graph.ts";

/** Contracts: files in src/ itself, in the order of the flow. */
const CONTRACTS = ["source", "log", "codec", "operator", "store", "lookup", "sink", "view"];
/** Rooms of implementations: they know no other of their kind. */
const IMPLEMENTATIONS = ["source", "log", "codec", "operator", "store", "lookup", "sink", "view"];
/** The only places where implementations are chosen. */
const ROOTS = [
  "src/main.ts",
  "src/mod.ts",
  "src/compose.ts",
  "web/main.ts",
  "web/components.ts",
  "web/client.ts",
  "web/page.ts",
  "web/sql.ts",
];

const BELOW = ["core", "contract", "kernel", "telemetry", "client"];
const MAY: Record<string, readonly string[]> = {
  core: [],
  contract: ["core"],
  telemetry: ["core"],
  kernel: ["core"],
  expr: ["core", "kernel"],
  plan: ["core", "kernel", "expr"],
  builder: ["plan", "expr", "core"],
  sql: ["plan", "expr", "core"],
  client: ["core", "telemetry"],
  runtime: ["core", "contract", "kernel", "plan", "expr", "telemetry"],
  server: ["core", "contract", "runtime", "plan", "sql", "telemetry"],
  cli: ["core", "contract", "runtime", "plan", "sql", "server", "client", "telemetry"],
  web: ["core", "contract", "view", "client"],
  ...Object.fromEntries(IMPLEMENTATIONS.map((room) => [room, BELOW])),
};
/** Rooms that know kernels by their types alone. */
const KERNEL_TYPES_ONLY = ["expr", "plan"];

function roomOf(path: string): string {
  if (ROOTS.includes(path) || path.startsWith("workers/")) return "root";
  const match = /^src\/([^/]+)\//.exec(path);
  if (match) return match[1];
  const file = /^src\/([^/]+)\.ts$/.exec(path);
  if (file && CONTRACTS.includes(file[1])) return "contract";
  return path.startsWith("web/") ? "web" : `unknown place ${path}`;
}

Deno.test("each room imports only rooms below it", async () => {
  const files = sourceFiles("src/", "workers/", "web/");
  const imports = await importGraph(files);
  const wrong: string[] = [];
  for (const { from, to, typeOnly } of imports) {
    const room = roomOf(from);
    if (room === "root" || !/^(src|workers|web|asm)\//.test(to)) continue;
    const other = roomOf(to);
    if (other === room) continue;
    const allowed = MAY[room]?.includes(other) ?? false;
    const asType = !KERNEL_TYPES_ONLY.includes(room) || other !== "kernel" || typeOnly;
    if (!allowed || !asType) wrong.push(`${from} (${room}) imports ${to} (${other})`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(imports.length > files.length, "the import graph is empty");
});

Deno.test("core depends on nothing but flatbuffers", async () => {
  const imports = await importGraph(sourceFiles("src/core/"));
  const outside = imports.filter(({ from, to }) => from.startsWith("src/core/") && !to.startsWith("src/core/"));
  const wrong = outside.filter(({ to }) => !to.startsWith("npm:/flatbuffers") && !to.startsWith("npm:flatbuffers"));
  assert.deepEqual(wrong, []);
});

Deno.test("WebAssembly memory is touched by the kernel room alone", () => {
  const wrong = sourceFiles("src/", "workers/").filter((path) =>
    !path.startsWith("src/kernel/") && /new WebAssembly\.(Memory|Instance)/.test(Deno.readTextFileSync(path))
  );
  assert.deepEqual(wrong, []);
});
