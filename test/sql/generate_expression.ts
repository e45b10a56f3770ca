import type {
  Expression,
  FunctionCall,
  Identifier,
  IntervalLiteral,
  Name,
  OrderItem,
  Query,
  TimeUnit,
  TypeName,
  WindowSpec,
} from "../../src/sql/ast.ts";

export const at = { start: 0, end: 0 };

/** A stream of numbers that a seed decides (mulberry32). */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to below `n`. */
  below(n: number): number {
    this.#state = (this.#state + 0x6D2B79F5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  list<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, make);
  }

  maybe<T>(percent: number, make: () => T): T | null {
    return this.chance(percent) ? make() : null;
  }
}

const PLAIN = ["a", "b", "c1", "Price", "größe", "x$1", "_y", "key", "value", "year", "名前"];
const QUOTED = [
  "order",
  "a b",
  'say "hi"',
  "back`tick",
  "__proto__",
  "select",
  "ünï",
  "-- no",
  "/* no",
  "1st",
  "a.b",
  "'",
  ";",
];
const STRINGS = ["", "a", "it's", "--", "/*", "*/", ";", "ü😀", "a\nb", '"', "`", "\\"];
const UNITS: TimeUnit[] = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "DOW", "EPOCH"];
const INTERVALS: Omit<IntervalLiteral, "kind" | "at">[] = [
  { text: "5", from: "SECOND", to: null, value: { unit: "ms", amount: 5000 } },
  { text: "-1.5", from: "SECOND", to: null, value: { unit: "ms", amount: -1500 } },
  { text: "10", from: "MINUTE", to: null, value: { unit: "ms", amount: 600_000 } },
  { text: "1 02", from: "DAY", to: "HOUR", value: { unit: "ms", amount: 93_600_000 } },
  { text: "1-06", from: "YEAR", to: "MONTH", value: { unit: "month", amount: 18 } },
];

/** Makes expressions of every kind, with places that are all 0. */
export class Expressions {
  constructor(readonly random: Random, readonly query: (depth: number) => Query) {}

  identifier(): Identifier {
    const quoted = this.random.chance(20);
    return { name: this.random.pick(quoted ? QUOTED : PLAIN), quoted, at };
  }

  name(most = 2): Name {
    return { parts: this.random.list(1, most, () => this.identifier()), at };
  }

  column(): Expression {
    return { kind: "column", parts: this.random.list(1, 3, () => this.identifier()), at };
  }

  interval(): IntervalLiteral {
    return { kind: "interval", ...this.random.pick(INTERVALS), at };
  }

  leaf(): Expression {
    const { random } = this, string = () => random.pick(STRINGS);
    const makers: (() => Expression)[] = [
      () => this.column(),
      () => this.column(),
      () => ({ kind: "number", form: "integer", text: random.pick(["0", "42", "9223372036854775807", "0xFF"]), at }),
      () => ({ kind: "number", form: "decimal", text: random.pick(["0.10", "12345678901234567890.123", ".5"]), at }),
      () => ({ kind: "number", form: "double", text: random.pick(["1e3", "1.5E-10"]), at }),
      () => ({ kind: "string", value: string(), at }),
      () => ({ kind: "bytes", hex: random.pick(["", "CAFE00"]), at }),
      () => ({ kind: "null", at }),
      () => ({ kind: "boolean", value: random.chance(50), at }),
      () => ({
        kind: "temporal",
        type: random.pick(["DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ"] as const),
        text: string(),
        at,
      }),
      () => this.interval(),
    ];
    return random.pick(makers)();
  }

  expression(depth: number): Expression {
    if (depth <= 0) return this.leaf();
    const { random } = this, inner = () => this.expression(depth - 1), not = random.chance(30);
    const list = (least: number) => random.list(least, 3, inner);
    const comparison = random.pick(["=", "<>", "<", "<=", ">", ">="] as const);
    const makers: (() => Expression)[] = [
      () => this.leaf(),
      () => ({ kind: "unary", op: random.pick(["NOT", "-", "+"] as const), arg: inner(), at }),
      () => ({
        kind: "binary",
        op: random.pick(["+", "-", "*", "/", "%", "||"] as const),
        left: inner(),
        right: inner(),
        at,
      }),
      () => ({ kind: "binary", op: comparison, left: inner(), right: inner(), at }),
      () => ({ kind: "logical", op: random.pick(["AND", "OR"] as const), args: list(2), at }),
      () => ({ kind: "is", arg: inner(), what: random.pick(["NULL", "TRUE", "FALSE", "UNKNOWN"] as const), not, at }),
      () => ({ kind: "is_distinct", left: inner(), right: inner(), not, at }),
      () => ({
        kind: "like",
        form: random.pick(["LIKE", "ILIKE", "SIMILAR TO", "RLIKE"] as const),
        arg: inner(),
        pattern: inner(),
        escape: random.maybe(30, inner),
        not,
        at,
      }),
      () => ({ kind: "between", arg: inner(), low: inner(), high: inner(), symmetric: random.chance(30), not, at }),
      () => ({ kind: "in_list", arg: inner(), items: list(1), not, at }),
      () => ({ kind: "in_query", arg: inner(), query: this.query(depth - 1), not, at }),
      () => ({
        kind: "quantified",
        op: comparison,
        quantifier: random.pick(["ANY", "ALL"] as const),
        arg: inner(),
        query: this.query(depth - 1),
        at,
      }),
      () => ({ kind: "exists", query: this.query(depth - 1), at }),
      () => ({ kind: "subquery", query: this.query(depth - 1), at }),
      () => this.structure(inner),
      () => this.postfix(inner),
      () => this.call(inner),
      () => this.call(inner),
    ];
    return random.pick(makers)();
  }

  private structure(inner: () => Expression): Expression {
    const { random } = this;
    const makers: (() => Expression)[] = [
      () => ({
        kind: "case",
        operand: random.maybe(50, inner),
        branches: random.list(1, 3, () => ({ when: inner(), then: inner() })),
        otherwise: random.maybe(50, inner),
        at,
      }),
      () => ({ kind: "array", items: random.list(0, 3, inner), at }),
      () => ({ kind: "map", entries: random.list(0, 2, () => ({ key: inner(), value: inner() })), at }),
      () => ({ kind: "row", items: random.list(1, 3, inner), at }),
      () => ({
        kind: "trim",
        side: random.pick(["BOTH", "LEADING", "TRAILING"] as const),
        chars: random.maybe(50, inner),
        arg: inner(),
        at,
      }),
      () => ({
        kind: "unit_call",
        fn: random.pick(["EXTRACT", "CEIL", "FLOOR"] as const),
        unit: random.pick(UNITS),
        args: [inner()],
        at,
      }),
      () => ({
        kind: "unit_call",
        fn: random.pick(["TIMESTAMPADD", "TIMESTAMPDIFF", "DATEADD", "DATEDIFF"] as const),
        unit: random.pick(UNITS),
        args: [inner(), inner()],
        at,
      }),
    ];
    return random.pick(makers)();
  }

  private postfix(inner: () => Expression): Expression {
    const { random } = this;
    const makers: (() => Expression)[] = [
      () => ({ kind: "index", of: inner(), index: inner(), at }),
      () => ({ kind: "field", of: inner(), name: this.identifier(), at }),
      () => ({ kind: "cast", arg: inner(), type: this.type(2), safe: random.chance(30), at }),
    ];
    return random.pick(makers)();
  }

  order(inner: () => Expression): OrderItem {
    const { random } = this;
    return {
      expr: inner(),
      desc: random.chance(50),
      nulls: random.maybe(30, () => random.pick(["FIRST", "LAST"] as const)),
      at,
    };
  }

  window(inner: () => Expression): WindowSpec {
    const { random } = this,
      kinds = ["unbounded_preceding", "preceding", "current_row", "following", "unbounded_following"] as const;
    const bound = () => {
      const kind = random.pick(kinds);
      return { kind, value: kind === "preceding" || kind === "following" ? this.leaf() : null, at };
    };
    return {
      kind: "window_spec",
      base: random.maybe(20, () => ({ name: "w", quoted: false, at })),
      partitionBy: random.list(0, 2, inner),
      orderBy: random.list(0, 2, () => this.order(inner)),
      frame: random.maybe(
        50,
        () => ({ unit: random.pick(["ROWS", "RANGE"] as const), start: bound(), end: random.maybe(50, bound), at }),
      ),
      at,
    };
  }

  private call(inner: () => Expression): FunctionCall {
    const { random } = this, star = random.chance(15), bare = !star && random.chance(10);
    const args = star || bare ? [] : random.list(0, 3, inner), some = args.length > 0;
    const named = some && random.chance(15), special = (percent: number) => !bare && random.chance(percent);
    const name: Name = bare ? { parts: [{ name: "CURRENT_TIMESTAMP", quoted: false, at }], at } : this.name();
    return {
      kind: "call",
      name,
      star,
      distinct: some && random.chance(20),
      args,
      argNames: named ? args.map(() => this.identifier()) : null,
      orderBy: some && random.chance(15) ? random.list(1, 2, () => this.order(inner)) : [],
      withinGroup: special(10) ? random.list(1, 2, () => this.order(inner)) : [],
      filter: special(15) ? inner() : null,
      nulls: special(10) ? random.pick(["IGNORE", "RESPECT"] as const) : null,
      over: !special(25)
        ? null
        : random.chance(30)
        ? { kind: "window_reference", name: this.identifier(), at }
        : this.window(inner),
      bare,
      at,
    };
  }

  type(depth: number): TypeName {
    const { random } = this, notNull = random.chance(15), plain = { of: [], fields: [], notNull, at };
    const makers: (() => TypeName)[] = [
      () => ({
        name: random.pick(["INT", "BIGINT", "STRING", "DATE", "DOUBLE", "BOOLEAN", "BYTES"]),
        params: [],
        ...plain,
      }),
      () => ({ name: "DECIMAL", params: random.pick([[], [10], [10, 2]]), ...plain }),
      () => ({
        name: random.pick(["TIMESTAMP", "TIMESTAMP_LTZ", "TIMESTAMP_TZ", "TIME"]),
        params: random.pick([[], [3]]),
        ...plain,
      }),
      () => ({ name: random.pick(["VARCHAR", "CHAR", "VARBINARY"]), params: [5], ...plain }),
      () => ({
        name: random.pick(["ARRAY", "MULTISET"]),
        params: [],
        of: [this.type(depth - 1)],
        fields: [],
        notNull,
        at,
      }),
      () => ({ name: "MAP", params: [], of: [this.type(depth - 1), this.type(depth - 1)], fields: [], notNull, at }),
      () => ({
        name: "ROW",
        params: [],
        of: [],
        fields: random.list(1, 2, () => ({
          name: this.identifier(),
          type: this.type(depth - 1),
          comment: random.maybe(20, () => random.pick(STRINGS)),
        })),
        notNull,
        at,
      }),
    ];
    return random.pick(depth > 0 ? makers : makers.slice(0, 4))();
  }
}
