import type { Extension } from "../../src/kernel/extension.ts";
import { Kernel } from "../../src/kernel/module.ts";

const modules = new Map<string, WebAssembly.Module>();

/** The two builds that tests compare: SIMD kernels, and their scalar twins under the same names. */
export const VARIANTS = ["simd", "scalar"] as const;
export type Variant = typeof VARIANTS[number];

function compiled(name: string, variant: Variant): WebAssembly.Module {
  const file = variant === "simd" ? `${name}.wasm` : `${name}_scalar.wasm`;
  let module = modules.get(file);
  if (!module) {
    module = new WebAssembly.Module(Deno.readFileSync(new URL(`../../dist/${file}`, import.meta.url)));
    modules.set(file, module);
  }
  return module;
}

/** The compiled kernels from dist/. RDX_KERNEL_ROOM=json takes the build of one room (`scripts/build.ts --room json`). */
export function kernelModule(variant: Variant = "simd"): WebAssembly.Module {
  return compiled(Deno.env.get("RDX_KERNEL_ROOM") ?? "kernel", variant);
}

/** What joins a kernel, compiled. */
export function extensionModule(name: Extension, variant: Variant = "simd"): WebAssembly.Module {
  return compiled(name, variant);
}

/** A fresh kernel that has the functions of the language. */
export function loadFunctions(variant: Variant = "simd", memoryBytesMax?: number): Kernel {
  const kernel = loadKernel(variant, memoryBytesMax);
  kernel.extend("functions", extensionModule("functions", variant));
  return kernel;
}

/** A fresh kernel that has the keyed operators. */
export function loadOperators(variant: Variant = "simd", memoryBytesMax?: number): Kernel {
  const kernel = loadKernel(variant, memoryBytesMax);
  kernel.extend("operators", extensionModule("operators", variant));
  return kernel;
}

/** A fresh kernel. */
export function loadKernel(variant: Variant = "simd", memoryBytesMax?: number): Kernel {
  return new Kernel(kernelModule(variant), memoryBytesMax);
}
