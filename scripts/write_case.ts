/**
 * Writes asm/expr/case_table.ts, the simple case mappings of Unicode as this JavaScript engine has them: code points that map to one other.
 *
 *   deno run -A scripts/write_case.ts
 */
interface Range {
  readonly first: number;
  last: number;
  readonly delta: number;
  /** From one of its code points to the next; of a single one, 1. */
  step: number;
}

const ASCII_END = 0x80, LAST = 0x10FFFF;

function simple(map: (text: string) => string, point: number): number {
  const [to, ...others] = map(String.fromCodePoint(point));
  return others.length > 0 ? point : to.codePointAt(0)!;
}

function rangesOf(map: (text: string) => string): Range[] {
  const ranges: Range[] = [];
  for (let point = ASCII_END; point <= LAST; point++) {
    const delta = simple(map, point) - point, range = ranges.at(-1);
    if (delta === 0) continue;
    const step = range && range.delta === delta ? point - range.last : 0;
    if (range && step > 0 && (range.first === range.last ? step <= 2 : step === range.step)) {
      range.step = step;
      range.last = point;
    } else ranges.push({ first: point, last: point, delta, step: 1 });
  }
  return ranges;
}

/** As asm/expr/case.ts reads it. */
function packed({ first, last, delta, step }: Range): string {
  const bits = BigInt(first) | BigInt(last) << 17n | BigInt(step) << 34n | BigInt(delta) << 36n;
  return `0x${BigInt.asUintN(64, bits).toString(16)}`;
}

function table(name: string, ranges: readonly Range[]): string {
  const lines: string[] = [];
  for (let i = 0; i < ranges.length; i += 6) lines.push(`  ${ranges.slice(i, i + 6).map(packed).join(", ")},`);
  return `export const ${name}: usize = memory.data<u64>([\n${
    lines.join("\n")
  }\n]);\nexport const ${name}_RANGES: u32 = ${ranges.length};\n`;
}

const text = `// Simple case mappings beyond ASCII; written by scripts/write_case.ts.
${table("LOWER", rangesOf((text) => text.toLowerCase()))}
${table("UPPER", rangesOf((text) => text.toUpperCase()))}`;
Deno.writeTextFileSync(new URL("../asm/expr/case_table.ts", import.meta.url), text);
