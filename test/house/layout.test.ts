import assert from "node:assert/strict";
import { readSource } from "./graph.ts";

function constants(path: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const match of readSource(path).matchAll(/^export const ([A-Z0-9_]+)(?:: \w+)? = (0x[0-9a-fA-F]+|-?\d+);/gm)) {
    found.set(match[1], Number(match[2]));
  }
  return found;
}

Deno.test("the layouts of asm/layout.ts and src/kernel/layout.ts are equal, name by name", () => {
  // Frames are read without kernels too, so that their part of the layout stands in core.
  const kernels = constants("asm/layout.ts");
  const face = new Map([...constants("src/kernel/layout.ts"), ...constants("src/core/frame_layout.ts")]);
  assert.ok(kernels.size > 30);
  assert.deepEqual([...face].sort(), [...kernels].sort());
});

Deno.test("the frame layout in core is a part of the kernels' layout", () => {
  const kernels = constants("asm/layout.ts"), core = constants("src/core/frame_layout.ts");
  assert.ok(core.size > 15);
  for (const [name, value] of core) assert.equal(value, kernels.get(name), name);
});
