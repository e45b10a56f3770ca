import { Alphabet, CLASSES_MAX } from "./alphabet.ts";
import { buildTable } from "./automaton.ts";
import { build, type Machine, reach, type Step } from "./instructions.ts";
import { ASSERTIONS, type Pattern, PatternError } from "./node.ts";
import { areApart, negated } from "./ranges.ts";
import { ProgramWriter } from "./program_writer.ts";
import { requiredText } from "./required.ts";
import { findWords, type Word } from "./words.ts";

// A compiled pattern as kernels read it (asm/function/regexp/program.ts), all numbers little endian:
//
//   header, 20 u32      steps · first step · marked steps · slots · flags · places of: steps, classes of ASCII, runs behind ASCII and
//                       how many, sets, first set · required text: place, bytes, lead · place of the table, 0 none · entries of
//                       a state · the state in the middle of a text · place of the words · 0
//   steps, 8 bytes each op u8 · argument u8 (class, slot, assertion; of a split a run) · mark u16 · next u16 · other u16 (of a set:
//                       its number; of a character: the number from 1 of the word that it begins, or 0). A run (1, or 128 and the byte
//                       that it goes to) takes as many characters of the set at its next step as there are: fewer never help
//   words               place of the bytes u32 · how many u16 · the step behind u16: what can be compared at once
//   classes of ASCII    128 bytes
//   runs                first code point u32 · class u32
//   sets                32 bytes each: bits of classes
//   table               u16: for each state the place of the next one by class, and whether the end of the text makes a match; the
//                       place of a state is its number times the entries of a state
const SET_BYTES = CLASSES_MAX / 8, ASCII = 128;
const OPS = { match: 0, character: 1, set: 2, split: 3, save: 4, assert: 5 } as const;
const NO_MARK = 0xffff, UNBOUNDED = 0xffffffff;
const ANCHORED = 1;
/** Of a run: it goes to the byte in the other bits. */
const STOP = 0x80;

/** Compiles a pattern; `tabled`: with an automaton, for a mere test. Throws PatternError if it is too large. */
export function compileProgram(pattern: Pattern, tabled: boolean): Uint8Array<ArrayBuffer> {
  const machine = build(pattern), { steps } = machine;
  const alphabet = new Alphabet(steps.flatMap((step) => step.op === "set" ? [step.ranges] : []));
  if (alphabet.size > CLASSES_MAX) {
    throw new PatternError(0, `The pattern tells more than ${CLASSES_MAX} classes of characters apart`);
  }
  const writer = new ProgramWriter(), { starts, classes } = alphabet;
  const sets: number[][] = [], setOf = (list: number[]) => sets.push(list) - 1;
  const first = setOf(firstClasses(machine, alphabet));
  const marks = markJoins(machine);
  const words = findWords(machine, (at) => marks.has(at)),
    numbers = new Map([...words.keys()].map((at, i) => [at, i + 1]));
  const stepsAt = writer.begin();
  steps.forEach((step, i) => {
    const extra = step.op === "split" ? runOf(machine, i) : numbers.get(i) ?? 0;
    writeStep(writer, step, marks.get(i) ?? NO_MARK, extra, alphabet, setOf);
  });
  const wordsAt = writeWords(writer, [...words.values()]);
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
    ...[entries, (table?.middle ?? 0) * entries, wordsAt, 0],
  ]);
}

/** Writes the words' bytes and their table; the place of the table. */
function writeWords(writer: ProgramWriter, words: readonly Word[]): number {
  const places = words.map(({ text }) => {
    const at = writer.begin();
    for (const byte of text) writer.u8(byte);
    return at;
  });
  const table = writer.begin();
  words.forEach(({ text, next }, i) => {
    writer.u32(places[i]);
    writer.u16(text.length);
    writer.u16(next);
  });
  return table;
}

/**
 * Whether a split is a greedy loop over one set, behind which the pattern cannot go on with a character of the set: 0 it is not, else the
 * argument that says which run it is.
 */
function runOf({ steps }: Machine, at: number): number {
  const split = steps[at], loop = split.op === "split" ? steps[split.next] : split;
  if (split.op !== "split" || loop.op !== "set" || loop.next !== at) return 0;
  const apart = [...reach(steps, [split.other], () => true)].every((behind) => {
    const step = steps[behind];
    if (step.op === "assert") return step.what === "end";
    return step.op !== "set" || areApart(step.ranges, loop.ranges);
  });
  const [stop, ...more] = negated(loop.ranges), isByte = stop !== undefined && stop[0] === stop[1] && stop[0] < ASCII;
  return !apart ? 0 : isByte && more.length === 0 ? STOP | stop[0] : 1;
}

/** `extra`: of a split whether it is a run; of a character the number of the word that it begins. */
function writeStep(
  writer: ProgramWriter,
  step: Step,
  mark: number,
  extra: number,
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
      if (list.length === 1) return write(OPS.character, list[0], step.next, extra);
      return write(OPS.set, 0, step.next, setOf(list));
    }
    case "split":
      return write(OPS.split, extra, step.next, step.other);
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
