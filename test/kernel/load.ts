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

/** The compiled functions of the language, which join a kernel. */
export function functionModule(variant: Variant = "simd"): WebAssembly.Module {
  return compiled("functions", variant);
}

/** A fresh kernel that has the functions of the language. */
export function loadFunctions(variant: Variant = "simd", memoryBytesMax?: number): Kernel {
  const kernel = loadKernel(variant, memoryBytesMax);
  kernel.extend(functionModule(variant));
  return kernel;
}

/** A fresh kernel. */
export function loadKernel(variant: Variant = "simd", memoryBytesMax?: number): Kernel {
  return new Kernel(kernelModule(variant), memoryBytesMax);
}
