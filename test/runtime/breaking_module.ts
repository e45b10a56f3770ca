/**
 * A function that breaks the memory which its worker has touched last, that of its own kernel, at a value of `poison` until a file is there: whoever touches it
 * then traps.
 */
export function breakingModule(poison: readonly number[], mended: string): string {
  return `let last = null;
WebAssembly.Memory = class extends WebAssembly.Memory {
  get buffer() {
    last = this;
    if (this.broken) throw new WebAssembly.RuntimeError("unreachable");
    return super.buffer;
  }
};
const poison = new Set([${poison.map((value) => `${value}n`)}]);
const isMended = () => { try { return Deno.statSync(${JSON.stringify(mended)}).isFile; } catch { return false; } };
export const same = (rows, value) => {
  if (value.values.some((one) => poison.has(one)) && !isMended()) last.broken = true;
  return value.values;
};\n`;
}
