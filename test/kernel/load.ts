import { Kernel } from "../../src/kernel/module.ts";

const modules = new Map<string, WebAssembly.Module>();

/** The two builds that tests compare: SIMD kernels, and their scalar twins under the same names. */
export const VARIANTS = ["simd", "scalar"] as const;
export type Variant = typeof VARIANTS[number];

/** The compiled kernels from dist/. RDX_KERNEL_ROOM=json takes the build of one room (`scripts/build.ts --room json`). */
export function kernelModule(variant: Variant = "simd"): WebAssembly.Module {
  const room = Deno.env.get("RDX_KERNEL_ROOM") ?? "kernel";
  const file = variant === "simd" ? `${room}.wasm` : `${room}_scalar.wasm`;
  let module = modules.get(file);
  if (!module) {
    module = new WebAssembly.Module(Deno.readFileSync(new URL(`../../dist/${file}`, import.meta.url)));
    modules.set(file, module);
  }
  return module;
}

/** A fresh kernel. */
export function loadKernel(variant: Variant = "simd", memoryBytesMax?: number): Kernel {
  return new Kernel(kernelModule(variant), memoryBytesMax);
}
