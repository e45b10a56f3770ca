import { Alphabet, CLASSES_MAX } from "./alphabet.ts";
import { buildTable } from "./automaton.ts";
import { build, type Machine, reach, type Step } from "./instructions.ts";
import { ASSERTIONS, type Pattern, PatternError } from "./node.ts";
import { areApart } from "./ranges.ts";
import { requiredText } from "./required.ts";

// A compiled pattern as kernels read it (asm/function/regexp/program.ts), all numbers little endian:
//
//   header, 18 u32      steps · first step · marked steps · slots · flags · places of: steps, classes of ASCII, runs behind ASCII and
//                       how many, sets, first set · required text: place, bytes, lead · place of the table, 0 none · entries of
//                       a state · the state in the middle of a text
//   steps, 8 bytes each op u8 · argument u8 (class, slot, assertion; of a split 1: a run) · mark u16 · next u16 · other u16 (of a set:
//                       its number). A run takes as many characters of the set at its next step as there are: fewer never help
//   classes of ASCII    128 bytes
//   runs                first code point u32 · class u32
//   sets                32 bytes each: bits of classes
//   table               u16: for each state the place of the next one by class, and whether the end of the text makes a match; the
//                       place of a state is its number times the entries of a state
const HEADER_BYTES = 72, SET_BYTES = CLASSES_MAX / 8, ASCII = 128;
const OPS = { match: 0, character: 1, set: 2, split: 3, save: 4, assert: 5 } as const;
const NO_MARK = 0xffff, UNBOUNDED = 0xffffffff;
const ANCHORED = 1;

/** Compiles a pattern; `tabled`: with an automaton, for a mere test. Throws PatternError if it is too large. */
export function compileProgram(pattern: Pattern, tabled: boolean): Uint8Array<ArrayBuffer> {
  const machine = build(pattern), { steps } = machine;
  const alphabet = new Alphabet(steps.flatMap((step) => step.op === "set" ? [step.ranges] : []));
  if (alphabet.size > CLASSES_MAX) {
    throw new PatternError(0, `The pattern tells more than ${CLASSES_MAX} classes of characters apart`);
  }
  const writer = new Writer(), { starts, classes } = alphabet;
  const sets: number[][] = [], setOf = (list: number[]) => sets.push(list) - 1;
  const first = setOf(firstClasses(machine, alphabet));
  const marks = markJoins(machine);
  const stepsAt = writer.begin();
  steps.forEach((step, i) => writeStep(writer, step, marks.get(i) ?? NO_MARK, isRun(machine, i), alphabet, setOf));
  const asciiAt = writer.begin();
  for (let code = 0; code < ASCII; code++) writer.u8(classes[starts.findLastIndex((start) => start <= code)]);
  const runsAt = writer.begin(),
    runs = starts.flatMap((start, i) => {
      return (starts[i + 1] ?? Infinity) > ASCII ? [[Math.max(start, ASCII), classes[i]]] : [];
    });
  for (const run of runs.flat()) writer.u32(run);
  const setsAt = writer.begin();
  for (const list of sets) writer.bits(list, SET_BYTES);
  const required = requiredText(pattern.node), text = new TextEncoder().encode(required?.text ?? "");
  const textAt = writer.begin();
  for (const byte of text) writer.u8(byte);
  const table = tabled ? buildTable(machine, alphabet) : null, tableAt = writer.begin();
  const entries = alphabet.size + 1;
  for (const row of table?.rows ?? []) {
    row.forEach((entry, i) => writer.u16(i < alphabet.size ? entry * entries : entry));
  }
  const lead = required && Number.isFinite(required.lead) ? required.lead : UNBOUNDED;
  const flags = isAnchored(machine) ? ANCHORED : 0;
  return writer.finish([
    ...[steps.length, machine.start, marks.size, 2 * (pattern.groups + 1), flags, stepsAt, asciiAt, runsAt],
    ...[runs.length, setsAt, setsAt + first * SET_BYTES, textAt, text.length, lead, table ? tableAt : 0],
    ...[entries, (table?.middle ?? 0) * entries],
  ]);
}

/** Whether a split is a greedy loop over one set, behind which the pattern cannot go on with a character of the set. */
function isRun({ steps }: Machine, at: number): boolean {
  const split = steps[at], loop = split.op === "split" ? steps[split.next] : split;
  if (split.op !== "split" || loop.op !== "set" || loop.next !== at) return false;
  return [...reach(steps, [split.other], () => true)].every((behind) => {
    const step = steps[behind];
    if (step.op === "assert") return step.what === "end";
    return step.op !== "set" || areApart(step.ranges, loop.ranges);
  });
}

function writeStep(
  writer: Writer,
  step: Step,
  mark: number,
  run: boolean,
  alphabet: Alphabet,
  setOf: (list: number[]) => number,
): void {
  const write = (op: number, argument: number, next: number, other: number) => {
    writer.u8(op);
    writer.u8(argument);
    writer.u16(mark);
    writer.u16(next);
    writer.u16(other);
  };
  switch (step.op) {
    case "match":
      return write(OPS.match, 0, 0, 0);
    case "set": {
      const list = alphabet.of(step.ranges);
      if (list.length === 1) return write(OPS.character, list[0], step.next, 0);
      return write(OPS.set, 0, step.next, setOf(list));
    }
    case "split":
      return write(OPS.split, run ? 1 : 0, step.next, step.other);
    case "save":
      return write(OPS.save, step.slot, step.next, 0);
    case "assert":
      return write(OPS.assert, ASSERTIONS.indexOf(step.what), step.next, 0);
  }
}

/** Numbers the steps that several lead to: going there twice from one place is in vain. */
function markJoins({ steps, start }: Machine): Map<number, number> {
  const degrees = new Map<number, number>([[start, 1]]);
  const count = (at: number) => degrees.set(at, (degrees.get(at) ?? 0) + 1);
  for (const step of steps) {
    if (step.op !== "match") count(step.next);
    if (step.op === "split") count(step.other);
  }
  const joins = [...degrees].filter(([, degree]) => degree > 1);
  return new Map(joins.map(([at], mark) => [at, mark]));
}

/** The classes of characters that a match can begin with; all, if it can be empty. */
function firstClasses({ steps, start }: Machine, alphabet: Alphabet): number[] {
  const reached = [...reach(steps, [start], () => true)].map((at) => steps[at]);
  if (reached.some(({ op }) => op === "match")) return Array.from({ length: alphabet.size }, (_, i) => i);
  return [...new Set(reached.flatMap((step) => step.op === "set" ? alphabet.of(step.ranges) : []))];
}

/** Whether a match can begin at the start of the text alone. */
function isAnchored({ steps, start }: Machine): boolean {
  return [...reach(steps, [start], (what) => what !== "start")].every((at) => !["set", "match"].includes(steps[at].op));
}

/** Bytes behind a header whose numbers are known at the end. */
class Writer {
  readonly #bytes: number[] = [];

  /** Goes on to the next multiple of 8, where something begins; its place. */
  begin(): number {
    while (this.#bytes.length % 8 !== 0) this.#bytes.push(0);
    return HEADER_BYTES + this.#bytes.length;
  }

  u8(value: number): void {
    this.#bytes.push(value & 0xff);
  }

  u16(value: number): void {
    this.#bytes.push(value & 0xff, value >>> 8);
  }

  u32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.u8(value >>> shift);
  }

  bits(list: readonly number[], bytes: number): void {
    const set = new Uint8Array(bytes);
    for (const bit of list) set[bit >> 3] |= 1 << (bit & 7);
    this.#bytes.push(...set);
  }

  finish(header: readonly number[]): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(HEADER_BYTES + this.#bytes.length), view = new DataView(bytes.buffer);
    header.forEach((value, i) => view.setUint32(i * 4, value, true));
    bytes.set(this.#bytes, HEADER_BYTES);
    return bytes;
  }
}
