import { JSON_CODE_MODULES_MAX } from "../core/limits.ts";
import { CODE_IMPORTS, writeTemplate } from "./json_code.ts";
import { TEMPLATE_CODE, TEMPLATE_COMPILED } from "./json_template_layout.ts";
import type { Kernel } from "./module.ts";

const modules = new Map<string, WebAssembly.Module>();
const latin1 = new TextDecoder("latin1");

/** The module of these bytes; one that this thread has made before has been optimised since. */
function moduleOf(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const key = latin1.decode(bytes), module = modules.get(key) ?? new WebAssembly.Module(bytes);
  modules.delete(key);
  modules.set(key, module);
  for (const oldest of modules.keys()) {
    if (modules.size <= JSON_CODE_MODULES_MAX) break;
    modules.delete(oldest);
  }
  return module;
}

/** The code of one parser's templates: each has a place in the kernel's table, which a later shape of it takes over. */
export class ShapeCode {
  readonly #kernel: Kernel;
  readonly #places = new Map<number, number>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get count(): number {
    return this.#places.size;
  }

  /** Makes code for `template`. Where the platform refuses to compile, the template goes on without. */
  compile(template: number): void {
    const kernel = this.#kernel;
    kernel.data.setUint32(template + TEMPLATE_COMPILED, 1, true);
    let place: number;
    try {
      place = kernel.link(moduleOf(writeTemplate(kernel, template)), CODE_IMPORTS, this.#places.get(template) ?? null);
    } catch (thrown) {
      // A page may allow small modules only on its main thread, and a full table takes nothing more
      if (thrown instanceof RangeError || thrown instanceof WebAssembly.CompileError) return;
      throw thrown;
    }
    this.#places.set(template, place);
    kernel.data.setUint32(template + TEMPLATE_CODE, place, true);
  }

  close(): void {
    for (const place of this.#places.values()) this.#kernel.unlink(place);
    this.#places.clear();
  }
}
