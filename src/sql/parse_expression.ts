import type {
  BinaryOperator,
  ComparisonOperator,
  Expression,
  FunctionCall,
  Identifier,
  OrderItem,
  Span,
  TimeUnit,
  TrimCall,
  UnaryOperation,
  WindowReference,
  WindowSpec,
} from "./ast.ts";
import { SqlMistake } from "./errors.ts";
import { jsonCall, type JsonClause } from "./parse_json.ts";
import { overlaps } from "./parse_overlaps.ts";

/** What follows an operand: a node without the operand, which is its `left`, `arg` or `of`. */
export interface Tail {
  readonly fields: { readonly kind: string; readonly [field: string]: unknown };
  readonly end: number;
}

/** The operand's place in the nodes that are made of tails. */
const OPERAND: Readonly<Record<string, "left" | "of">> = {
  binary: "left",
  is_distinct: "left",
  index: "of",
  field: "of",
};

interface CallRest {
  readonly star: boolean;
  readonly distinct: boolean;
  readonly args: readonly {
    readonly name: Identifier | null;
    readonly value: Expression;
    readonly pair?: Expression | null;
  }[];
  /** Clauses of functions of JSON. */
  readonly json?: readonly JsonClause[];
  readonly orderBy: readonly OrderItem[];
  readonly nulls: string | null;
  readonly withinGroup: readonly OrderItem[];
  readonly filter: Expression | null;
  readonly over: WindowSpec | WindowReference | null;
}

function around(first: { at: Span }, last: { at: Span }): Span {
  return { start: first.at.start, end: last.at.end };
}

/* What the grammar makes of expressions. Chains come as lists, so that neither the parser nor long ANDs are deep. */

/** AND binds closer than OR; chains of each are one node. */
export function logical(head: Expression, tail: readonly ["AND" | "OR", Expression][]): Expression {
  const groups: Expression[][] = [[head]];
  for (const [op, arg] of tail) {
    if (op === "AND") groups[groups.length - 1].push(arg);
    else groups.push([arg]);
  }
  const join = (op: "AND" | "OR", args: Expression[]): Expression =>
    args.length === 1 ? args[0] : { kind: "logical", op, args, at: around(args[0], args[args.length - 1]) };
  return join("OR", groups.map((group) => join("AND", group)));
}

/** Signs and NOTs in front, the outermost first. */
export function prefixed(signs: readonly { op: UnaryOperation["op"]; at: Span }[], arg: Expression): Expression {
  return signs.reduceRight<Expression>((inner, { op, at }) => ({
    kind: "unary",
    op,
    arg: inner,
    at: { start: at.start, end: inner.at.end },
  }), arg);
}

export function binaries(head: Expression, tail: readonly [BinaryOperator, Expression][]): Expression {
  return tail.reduce((left, [op, right]) => ({ kind: "binary", op, left, right, at: around(left, right) }), head);
}

export function tail(fields: Tail["fields"], at: Span): Tail {
  return { fields, end: at.end };
}

export function comparison(op: ComparisonOperator, { fields, end }: Tail): Tail {
  return { fields: { ...fields, op }, end };
}

export function tails(head: Expression, tails: readonly Tail[]): Expression {
  return tails.reduce((operand, { fields, end }) => {
    const at = { start: operand.at.start, end }, slot = OPERAND[fields.kind] ?? "arg";
    if (fields.kind === "overlaps") return overlaps(operand, fields.right as Expression, fields.not === true, at);
    // The grammar gives each kind its members; this adds the operand and the place.
    return { ...fields, [slot]: operand, at } as unknown as Expression;
  }, head);
}

/** Rows that were written without ROW: in some places they are lists. */
const tuples = new WeakSet<Expression>();

/** `(a)` is a with a wider place, `(a, b)` a row. */
export function parenthesised(items: readonly Expression[], at: Span): Expression {
  const made: Expression = items.length === 1 ? { ...items[0], at } : { kind: "row", items, at };
  if (items.length > 1) tuples.add(made);
  return made;
}

/** The items of `(a, b)`; null for anything else, `ROW(a, b)` too. */
export function tupleItems(expr: Expression): readonly Expression[] | null {
  return expr.kind === "row" && tuples.has(expr) ? expr.items : null;
}

/** The items of a list that may be one in parentheses. */
export function rowItems(items: readonly Expression[]): readonly Expression[] {
  return (items.length === 1 ? tupleItems(items[0]) : null) ?? items;
}

export function column(parts: readonly Identifier[], at: Span): Expression {
  return { kind: "column", parts, at };
}

export function call(
  parts: readonly Identifier[],
  { args, nulls, json = [], ...rest }: CallRest,
  at: Span,
): Expression {
  const name = { parts, at: around(parts[0], parts[parts.length - 1]) };
  if (json.length > 0 || args.some(({ pair }) => pair)) {
    return jsonCall(name, args.map(({ value }) => value), args.map(({ pair }) => pair ?? null), json, at);
  }
  return {
    kind: "call",
    name,
    ...rest,
    nulls: nulls as FunctionCall["nulls"],
    ...namedArguments(args),
    bare: false,
    at,
  };
}

export function bareCall(name: Identifier, at: Span): FunctionCall {
  return plainCall(name, [], at, true);
}

/** SUBSTRING, POSITION, OVERLAY with words or commas between their arguments. */
export function keywordCall(
  name: Identifier,
  head: Expression,
  tail: readonly { word: string; arg: Expression; at: Span }[],
  at: Span,
): FunctionCall {
  const words: Readonly<Record<string, readonly string[]>> = {
    SUBSTRING: ["FROM", "FOR"],
    POSITION: ["IN"],
    OVERLAY: ["PLACING", "FROM", "FOR"],
  };
  const fn = name.name.toUpperCase(), expected = words[fn];
  tail.forEach(({ word, at }, i) => {
    if (word === "," && tail.every((one) => one.word === ",")) return;
    if (word !== expected[i]) {
      const hint = `It is written ${fn}(x ${expected.map((one, i) => `${one} ${"abc"[i]}`).join(" ")})`;
      throw new SqlMistake(at, `${fn} has no ${word === "," ? "comma" : word} there`, hint);
    }
  });
  return plainCall(name, [head, ...tail.map(({ arg }) => arg)], at, false);
}

/** FLOOR and CEIL: to a unit of time, else functions like any other. */
export function rounding(word: string, args: readonly Expression[], unit: TimeUnit | null, at: Span): Expression {
  const fn = word === "FLOOR" ? "FLOOR" : "CEIL";
  if (unit) {
    if (args.length > 1) throw new SqlMistake(args[1].at, `${fn}(… TO ${unit}) takes one argument`);
    return { kind: "unit_call", fn, unit, args, at };
  }
  return plainCall(
    { name: fn, quoted: false, at: { start: at.start, end: at.start + word.length } },
    args,
    at,
    false,
  );
}

export function trim(rest: Omit<TrimCall, "kind" | "at"> & { tail?: readonly Expression[] }, at: Span): Expression {
  const { tail = [], ...trim } = rest;
  if (tail.length === 0) return { kind: "trim", ...trim, at };
  if (trim.chars) throw new SqlMistake(tail[0].at, "TRIM(x FROM y) takes no more arguments");
  const name = { name: "TRIM", quoted: false, at: { start: at.start, end: at.start + 4 } };
  return plainCall(name, [trim.arg, ...tail], at, false);
}

export function map(items: readonly Expression[], at: Span): Expression {
  if (items.length % 2 !== 0) {
    throw new SqlMistake(
      items[items.length - 1].at,
      "The last key of the MAP has no value",
      "Write MAP[key, value, …]",
    );
  }
  const entries = Array.from(
    { length: items.length / 2 },
    (_, i) => ({ key: items[2 * i], value: items[2 * i + 1] }),
  );
  return { kind: "map", entries, at };
}

export function queryArgument(at: Span): never {
  throw new SqlMistake(
    at,
    "A query cannot follow a name",
    "A query as an argument has parentheses of its own: f((SELECT …))",
  );
}

/** Arguments and, when some have names, those. Throws when a positional one stands behind a named one. */
export function namedArguments<Value extends { at: Span }>(args: readonly { name: Identifier | null; value: Value }[]) {
  const firstNamed = args.findIndex(({ name }) => name !== null);
  const late = firstNamed < 0 ? undefined : args.slice(firstNamed).find(({ name }) => name === null);
  if (late || firstNamed > 0) {
    const at = (late ?? args[0]).value.at;
    throw new SqlMistake(at, "Either all arguments have names or none", "Write name => value for this one too");
  }
  const argNames = firstNamed < 0 ? null : args.map(({ name }) => name!);
  return { args: args.map(({ value }) => value), argNames };
}

function plainCall(name: Identifier, args: readonly Expression[], at: Span, bare: boolean): FunctionCall {
  return {
    kind: "call",
    name: { parts: [name], at: name.at },
    star: false,
    distinct: false,
    args,
    argNames: null,
    orderBy: [],
    withinGroup: [],
    filter: null,
    nulls: null,
    over: null,
    bare,
    at,
  };
}
