import { type DataType, formatType } from "../core/schema.ts";
import type { Instruction, Program } from "../kernel/program.ts";
import type { SharePoint } from "../kernel/shared_programs.ts";
import { isPartitions } from "./partitions.ts";
import type { PhysicalPlan, PhysicalSource } from "./physical.ts";

/** Nanoseconds a row that an expression has to take for its result to be worth keeping where a value is a number or a bool. */
const WORTH_VALUE_NS = 12;
/** The same where a value is a text, whose bytes have to be copied. */
const WORTH_TEXT_NS = 60;

/** Numbers for texts, equal for equal texts. 0 is none of them. */
export class ShareKeys {
  readonly #numbers = new Map<string, number>();

  of(parts: readonly unknown[]): number {
    const text = JSON.stringify(parts);
    let number = this.#numbers.get(text);
    if (number === undefined) this.#numbers.set(text, number = this.#numbers.size + 1);
    return number;
  }
}

/** A program over the rows of a stream as they are in its log, and by register what its values are: equal keys, equal values. */
export interface FrontProgram {
  /** The source or operator that runs it. */
  readonly node: string;
  readonly stream: string;
  readonly program: Program;
  readonly keys: readonly number[];
  /** By instruction; null: its result costs less than it would cost to share it. */
  readonly points: readonly (SharePoint | null)[];
}

/** What a column of a node is. */
type Columns = readonly number[];

/**
 * The programs of a plan whose values depend on nothing but a row of one stream: those of filters and projections behind one source, and
 * the columns that sources compute. What comes from files is read by each plan for itself.
 */
export function frontPrograms({ sources, operators }: PhysicalPlan, keys: ShareKeys): FrontProgram[] {
  const found: FrontProgram[] = [], known = new Map<string, { readonly stream: string; readonly columns: Columns }>();
  const add = (node: string, stream: string, program: Program, columns: Columns): number => {
    const front = frontProgram(node, stream, program, columns, keys);
    found.push(front);
    return front.keys[program.output];
  };
  for (const source of sources) {
    const { id, stream, computed } = source;
    if (stream === null) continue;
    const read = readColumns(source, stream, keys);
    const made = computed.map(({ program }) => add(id, stream, program, read));
    known.set(id, { stream, columns: [...read, ...made] });
  }
  for (const operator of operators) {
    const above = known.get(operator.inputs[0]);
    if (!above) continue;
    const { stream, columns } = above, { id } = operator;
    if (isPartitions(id)) known.set(id, above);
    if (operator.op === "filter") {
      add(id, stream, operator.predicate, columns);
      known.set(id, above);
    } else if (operator.op === "project") {
      known.set(id, { stream, columns: operator.programs.map((program) => add(id, stream, program, columns)) });
    }
  }
  return found;
}

function readColumns({ columns, kindColumn }: PhysicalSource, stream: string, keys: ShareKeys): Columns {
  const read = kindColumn < 0 ? columns : columns.slice(0, kindColumn);
  return read.map(({ name, type }) => keys.of(["column", stream, name, formatType(type)]));
}

function frontProgram(
  node: string,
  stream: string,
  program: Program,
  columns: Columns,
  keys: ShareKeys,
): FrontProgram {
  const { inputs, constants, instructions, folded } = program;
  const registers = [
    ...inputs.map((column) => columns[column]),
    ...constants.map((constant) => keys.of(["constant", constant])),
  ];
  const costs = registers.map(() => 0), calls = registers.map(() => false);
  const points = instructions.map((instruction, i): SharePoint | null => {
    const { kernel, code, args, list, out, type, user } = instruction;
    registers[out] = keys.of([kernel, code, list ?? false, type, user ?? null, args.map((arg) => registers[arg])]);
    const above = args.reduce((sum, arg) => sum + costs[arg], 0);
    costs[out] = i < folded ? 0 : above + costNs(instruction);
    calls[out] = user !== undefined || args.some((arg) => calls[arg]);
    return costs[out] < worthNs(type) ? null : { key: 0, others: 0, selected: calls[out] };
  });
  return { node, stream, program, keys: registers, points };
}

function worthNs({ kind }: DataType): number {
  return kind === "string" || kind === "bytes" || kind === "decimal128" ? WORTH_TEXT_NS : WORTH_VALUE_NS;
}

/** Codes of expr_string_test that look through a text (asm/expr/string_test.ts). */
const CONTAINS = 10;
const LIKE = 11;
/** Roughly what kernels take for a row of short texts, by the beginnings of their names; the first that fits counts. */
const COSTS_NS: readonly (readonly [string, number])[] = [
  ["user", 100],
  ["fn_regexp", 100],
  ["fn_json", 100],
  ["fn_is_json", 100],
  ["fn_nested", 100],
  ["fn_digest", 200],
  ["fn_levenshtein", 150],
  ["fn_date_format", 80],
  ["fn_parse", 80],
  ["fn_math", 15],
  ["fn_sign", 2],
  ["fn_bits", 2],
  ["fn_", 25],
  ["expr_string_case", 20],
  ["expr_to_string", 40],
  ["expr_wide_to_string", 60],
  ["expr_wide_parse", 30],
  ["expr_parse", 20],
  ["expr_concat", 20],
  ["expr_base64", 30],
  ["expr_in_string", 10],
  ["expr_", 2],
];

function costNs({ kernel, code }: Instruction): number {
  if (kernel === "expr_string_test") {
    const test = code & 0xff;
    return test === LIKE ? 100 : test === CONTAINS ? 25 : 3;
  }
  return COSTS_NS.find(([begin]) => kernel.startsWith(begin))?.[1] ?? 0;
}

/** A program and the place in it whose result others have too. */
export interface SharedPlace {
  readonly front: FrontProgram;
  readonly instruction: number;
  readonly key: number;
}

/**
 * Finds what the programs have in common: the largest parts of each that another has too. Sets the points of all of them, and returns where
 * each program wants a result of others.
 */
export function settleShares(fronts: readonly FrontProgram[]): SharedPlace[] {
  const count = new Map<number, number>(),
    bump = (map: Map<number, number>, key: number) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const { program, keys, points } of fronts) {
    points.forEach((point, i) => point && bump(count, keys[program.instructions[i].out]));
  }
  const wanted = fronts.flatMap((front) => largest(front, count));
  const wanting = new Map<number, number>();
  for (const { key } of wanted) bump(wanting, key);
  for (const { program, keys, points } of fronts) {
    points.forEach((point, i) => {
      if (!point) return;
      const key = keys[program.instructions[i].out], programs = wanting.get(key) ?? 0;
      const own = wanted.some((place) => place.front.points[place.instruction] === point) ? 1 : 0;
      point.others = Math.max(0, programs - own);
      point.key = point.others > 0 ? key : 0;
    });
  }
  return wanted.filter(({ front, instruction }) => front.points[instruction]!.key !== 0);
}

/** The places of a program that others have too, without those that only lead to such places. */
function largest(front: FrontProgram, count: ReadonlyMap<number, number>): SharedPlace[] {
  const { program: { instructions, output }, keys, points } = front, needed = new Set([output]);
  const found: SharedPlace[] = [];
  for (let instruction = instructions.length - 1; instruction >= 0; instruction--) {
    const { out, args } = instructions[instruction], key = keys[out];
    if (!needed.has(out)) continue;
    if (points[instruction] && count.get(key)! > 1) found.push({ front, instruction, key });
    else for (const arg of args) needed.add(arg);
  }
  return found;
}

/** For each node of a plan that has steps in common with other plans: these plans, by their names. */
export function sharedWith(
  plan: PhysicalPlan,
  others: ReadonlyMap<string, PhysicalPlan>,
): Map<string, readonly string[]> {
  const keys = new ShareKeys(), own = frontPrograms(plan, keys);
  const theirs = [...others].map(([name, other]) => [name, frontPrograms(other, keys)] as const);
  const places = settleShares([...own, ...theirs.flatMap(([, fronts]) => fronts)]);
  const found = new Map<string, readonly string[]>();
  for (const { front, key } of places) {
    if (!own.includes(front)) continue;
    const named = theirs.filter(([, fronts]) => places.some((one) => one.key === key && fronts.includes(one.front)));
    const names = new Set([...found.get(front.node) ?? [], ...named.map(([name]) => name)]);
    if (names.size > 0) found.set(front.node, [...names].sort());
  }
  return found;
}
