/**
 * Compiles asm/ with AssemblyScript into dist/: kernel.wasm (SIMD), and kernel_scalar.wasm, the same exports without SIMD, in which every kernel is its
 * scalar twin; likewise functions.wasm and functions_scalar.wasm, which share the memory of a kernel; and generates the SQL parser (build_sql.ts). Nothing is
 * built when no source changed since the last build.
 *
 *   deno run -A scripts/build.ts [--force] [--room json]
 *
 * `--room r` compiles asm/r/index.ts with the memory alone, to dist/r.wasm and dist/r_scalar.wasm: for work on one room.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { buildSql } from "./build_sql.ts";

const root = new URL("../", import.meta.url);
const dist = new URL("dist/", root);

interface Target {
  entry: string;
  out: string;
  simd: boolean;
  /** Of a module that joins a kernel: the file that takes the place of asm/memory.ts, with memory from the kernel. */
  memory?: string;
  /** Where its static data begin. */
  base: number;
}

/** Where the static data of kernel.wasm begin. Those of the modules that join it lie below; Kernel.extend checks that they fit. */
const KERNEL_BASE = 98_304;
/** Address 0 stands for "none". */
const FUNCTIONS_BASE = 64;
const OPERATORS_BASE = 32_768;

const MODULES: readonly Omit<Target, "simd">[] = [
  { entry: "asm/index.ts", out: "kernel", base: KERNEL_BASE },
  { entry: "asm/function/index.ts", out: "functions", base: FUNCTIONS_BASE, memory: "asm/function/memory.ts" },
  { entry: "asm/operator/index.ts", out: "operators", base: OPERATORS_BASE, memory: "asm/operator/memory.ts" },
];

/** Kernels are compiled with the same flags everywhere; what they mean is at asm/README.md. */
function flags(target: Target): string[] {
  const shared = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--exportTable", "--bindings", "raw"];
  return [
    target.entry,
    "--outFile",
    target.out,
    "--textFile",
    target.out.replace(/\.wasm$/, ".wat"),
    ...shared,
    "--memoryBase",
    String(target.base),
    ...(target.simd ? ["--enable", "simd"] : ["--disable", "simd"]),
  ];
}

/** The relative paths of all files below `folder` that end with `.ts`, sorted. */
function sources(folder: URL, prefix = ""): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(folder)) {
    if (entry.isDirectory) found.push(...sources(new URL(`${entry.name}/`, folder), `${prefix}${entry.name}/`));
    else if (entry.name.endsWith(".ts")) found.push(prefix + entry.name);
  }
  return found.sort();
}

function fingerprint(): string {
  const hash = createHash("sha256");
  hash.update(Deno.readFileSync(new URL("deno.json", root)));
  hash.update(Deno.readFileSync(new URL("scripts/build.ts", root)));
  for (const path of sources(new URL("asm/", root))) {
    hash.update(path).update(Deno.readFileSync(new URL(`asm/${path}`, root)));
  }
  return hash.digest("hex");
}

async function compile(target: Target): Promise<void> {
  const asc = (await import("assemblyscript/asc")).default;
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(flags(target), {
    stderr,
    readFile(name: string, base: string) {
      try {
        const url = new URL(name, new URL(`${base}/`, root));
        const joined = target.memory !== undefined && url.href === new URL("asm/memory.ts", root).href;
        return Deno.readTextFileSync(joined ? new URL(target.memory!, root) : url);
      } catch {
        return null;
      }
    },
    writeFile(name: string, contents: string | Uint8Array, base: string) {
      const url = new URL(name, new URL(`${base}/`, root));
      if (typeof contents === "string") Deno.writeTextFileSync(url, contents);
      else Deno.writeFileSync(url, contents);
    },
    listFiles: () => null,
  });
  if (error) {
    console.error(stderr.toString());
    throw new Error(`Cannot compile ${target.entry}: ${error.message}`);
  }
  const size = Deno.statSync(new URL(target.out, root)).size;
  console.error(`built ${target.out} (${(size / 1024).toFixed(1)} KiB)`);
}

const { values } = parseArgs({
  options: { force: { type: "boolean" }, room: { type: "string" } },
});
Deno.mkdirSync(dist, { recursive: true });
if (values.room) {
  const entry = `dist/${values.room}.entry.ts`;
  Deno.writeTextFileSync(
    new URL(entry, root),
    `export * from "../asm/memory";\nexport * from "../asm/${values.room}/index";\n`,
  );
  await compile({ entry, out: `dist/${values.room}.wasm`, simd: true, base: KERNEL_BASE });
  await compile({ entry, out: `dist/${values.room}_scalar.wasm`, simd: false, base: KERNEL_BASE });
} else {
  const stamp = new URL("kernel.stamp", dist), now = fingerprint();
  let before = "";
  try {
    before = Deno.readTextFileSync(stamp);
  } catch { /* the first build */ }
  if (values.force || before !== now) {
    // What is stopped half-way has modules of two builds: sources that become again what they were must not pass for it
    Deno.writeTextFileSync(stamp, "");
    for (const module of MODULES) {
      for (const simd of [true, false]) {
        await compile({ ...module, out: `dist/${module.out}${simd ? "" : "_scalar"}.wasm`, simd });
      }
    }
    Deno.writeTextFileSync(stamp, now);
  }
  await buildSql(values.force ?? false);
}
