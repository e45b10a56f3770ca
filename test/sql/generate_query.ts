import type {
  ColumnDefinition,
  FromItem,
  GroupItem,
  Insert,
  Join,
  Query,
  QueryBody,
  Select,
  SelectItem,
  Statement,
  TableAlias,
  TableArgument,
  WindowTable,
} from "../../src/sql/ast.ts";
import { at, Expressions, Random } from "./generate_expression.ts";

/** Makes statements of every kind from a seed, with places that are all 0. */
export class Statements {
  readonly random: Random;
  readonly make: Expressions;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.make = new Expressions(this.random, (depth) => this.query(depth));
  }

  private inner = (depth: number) => () => this.make.expression(Math.min(depth, 2));
  private identifier = () => this.make.identifier();

  query(depth: number): Query {
    const { random, make } = this, inner = this.inner(depth - 1), body = this.body(depth);
    return {
      kind: "query",
      with: depth > 0 && random.chance(20)
        ? random.list(
          1,
          2,
          () => ({ name: make.identifier(), columns: this.columns(30), query: this.query(depth - 1), at }),
        )
        : [],
      body,
      orderBy: random.chance(20) ? random.list(1, 2, () => make.order(inner)) : [],
      // A query that is nothing but another one in parentheses is that one.
      limit: random.maybe(body.kind === "query" ? 100 : 20, () => make.leaf()),
      offset: random.maybe(10, () => make.leaf()),
      emit: random.maybe(10, () => {
        const mode = random.pick(["FINAL", "CHANGES", "EVERY"] as const);
        return { mode, every: mode === "EVERY" ? make.interval() : null, at };
      }),
      lateness: random.maybe(10, () => make.interval()),
      at,
    };
  }

  private columns(percent: number) {
    return this.random.maybe(percent, () => this.random.list(1, 3, this.identifier));
  }

  private body(depth: number): QueryBody {
    const { random, make } = this;
    if (depth <= 0 || random.chance(60)) return this.select(depth);
    const makers: (() => QueryBody)[] = [
      () => ({ kind: "values", rows: random.list(1, 3, () => random.list(1, 3, this.inner(depth - 1))), at }),
      () => ({ kind: "table_query", name: make.name(), at }),
      () => ({
        kind: "set_operation",
        op: random.pick(["UNION", "INTERSECT", "EXCEPT"] as const),
        all: random.chance(50),
        inputs: random.list(2, 3, () => this.body(depth - 1)),
        at,
      }),
      () => {
        const query = this.query(depth - 1);
        return { ...query, limit: query.limit ?? make.leaf() };
      },
    ];
    return random.pick(makers)();
  }

  private select(depth: number): Select {
    const { random, make } = this, inner = this.inner(depth);
    const item = (): SelectItem =>
      random.chance(15)
        ? { kind: "star", table: random.maybe(50, () => make.name()), at }
        : { kind: "expression", expr: inner(), alias: random.maybe(40, this.identifier), at };
    return {
      kind: "select",
      hints: random.chance(5) ? this.hints() : [],
      distinct: random.chance(15),
      items: random.list(1, 4, item),
      into: random.maybe(5, () => make.name()),
      from: random.chance(80) ? random.list(1, 2, () => this.from(depth)) : [],
      where: random.maybe(40, inner),
      groupBy: random.maybe(30, () => random.list(1, 3, () => this.group(inner))),
      having: random.maybe(15, inner),
      windows: random.chance(10) ? [{ name: make.identifier(), spec: make.window(inner), at }] : [],
      qualify: random.maybe(10, inner),
      at,
    };
  }

  private hints() {
    const { random } = this;
    return random.list(1, 2, () => ({
      name: this.identifier(),
      options: random.list(0, 2, () => ({ key: random.maybe(50, () => "k"), value: random.pick(["v", "it's"]), at })),
      at,
    }));
  }

  private group(inner: () => ReturnType<Expressions["expression"]>): GroupItem {
    const { random, make } = this;
    const none = { time: null, size: null, slide: null, gap: null, max: null, offset: null, partitionBy: [] };
    const set = (): GroupItem => ({ kind: "group_set", items: random.pick([[], [make.column(), make.column()]]), at });
    const makers: (() => GroupItem)[] = [
      () => ({ kind: "expression", expr: make.column(), at }),
      () => ({ kind: "expression", expr: { kind: "binary", op: "+", left: inner(), right: make.leaf(), at }, at }),
      set,
      () => ({
        kind: random.pick(["grouping_sets", "rollup", "cube"] as const),
        items: random.list(1, 3, () => random.chance(50) ? set() : { kind: "expression", expr: make.column(), at }),
        at,
      }),
      () => ({
        kind: "group_window",
        style: "flink",
        fn: "HOP",
        ...none,
        time: make.column(),
        slide: make.interval(),
        size: make.interval(),
        offset: random.maybe(30, () => make.interval()),
        at,
      }),
      () => ({
        kind: "group_window",
        style: "azure",
        fn: "SESSION",
        ...none,
        gap: { kind: "interval", text: "5", from: "MINUTE", to: null, value: { unit: "ms", amount: 300_000 }, at },
        partitionBy: random.list(0, 2, inner),
        at,
      }),
    ];
    return random.pick(makers)();
  }

  private alias(percent: number): TableAlias | null {
    return this.random.maybe(percent, () => ({ name: this.identifier(), columns: this.columns(30), at }));
  }

  private from(depth: number): FromItem {
    const { random, make } = this, inner = this.inner(depth - 1);
    const table = (): FromItem => ({
      kind: "table",
      name: make.name(),
      hints: random.chance(5) ? this.hints() : [],
      asOf: random.maybe(10, () => make.column()),
      timestampBy: random.maybe(10, () => make.column()),
      alias: this.alias(50),
      at,
    });
    if (depth <= 0) return table();
    const makers: (() => FromItem)[] = [
      table,
      () => ({ kind: "derived", lateral: random.chance(20), query: this.query(depth - 1), alias: this.alias(70), at }),
      () => this.windowTable(depth),
      () => ({
        kind: "function_table",
        lateral: random.chance(40),
        name: make.name(),
        args: random.list(0, 2, inner),
        argNames: null,
        alias: this.alias(50),
        at,
      }),
      () => ({ kind: "unnest", expr: inner(), ordinality: random.chance(30), alias: this.alias(50), at }),
      () => this.join(depth),
      () => this.join(depth),
    ];
    return random.pick(makers)();
  }

  private join(depth: number): Join {
    const { random } = this, type = random.pick(["INNER", "LEFT", "RIGHT", "FULL", "CROSS", "SEMI", "ANTI"] as const);
    const natural = type !== "CROSS" && random.chance(10),
      free = natural || type === "CROSS",
      using = random.chance(30);
    return {
      kind: "join",
      type,
      natural,
      asof: type !== "CROSS" && random.chance(10),
      left: this.from(depth - 1),
      right: this.from(depth - 1),
      on: free || using ? null : this.inner(depth - 1)(),
      using: free || !using ? null : random.list(1, 2, this.identifier),
      at,
    };
  }

  private windowTable(depth: number): WindowTable {
    const { random, make } = this, fn = random.pick(["TUMBLE", "HOP", "CUMULATE", "SESSION"] as const);
    const data: TableArgument = {
      kind: "table_argument",
      table: random.chance(70) ? make.name() : this.query(depth - 1),
      partitionBy: random.chance(30) ? random.list(1, 2, () => make.column()) : [],
      orderBy: random.chance(10) ? [make.order(() => make.column())] : [],
      at,
    };
    return {
      kind: "window_table",
      fn,
      data,
      time: make.identifier(),
      size: fn === "SESSION" ? null : make.interval(),
      slide: fn === "HOP" ? make.interval() : null,
      step: fn === "CUMULATE" ? make.interval() : null,
      gap: fn === "SESSION" ? make.interval() : null,
      offset: fn === "SESSION" ? null : random.maybe(30, () => make.interval()),
      alias: this.alias(50),
      at,
    };
  }

  private options() {
    const { random } = this;
    return random.list(
      1,
      3,
      () => ({ key: random.pick(["connector", "a.b"]), value: random.pick(["x", "it's"]), keyAt: at, valueAt: at, at }),
    );
  }

  private definition = (): ColumnDefinition => {
    const { random, make } = this, name = make.identifier(), comment = random.maybe(15, () => "it's");
    const makers: (() => ColumnDefinition)[] = [
      () => ({ kind: "physical", name, type: make.type(2), comment, at }),
      () => ({
        kind: "metadata",
        name,
        type: make.type(0),
        from: random.maybe(50, () => "k"),
        virtual: random.chance(50),
        comment,
        at,
      }),
      () => ({ kind: "computed", name, expr: make.expression(2), comment, at }),
    ];
    return random.pick(makers)();
  };

  private insert(): Insert {
    const { make } = this;
    return { kind: "insert", into: make.name(), columns: this.columns(30), query: this.query(2), at };
  }

  statement(): Statement {
    const { random, make } = this;
    const makers: (() => Statement)[] = [
      () => ({ kind: "query_statement", query: this.query(3), at }),
      () => ({ kind: "query_statement", query: this.query(3), at }),
      () => this.insert(),
      () => ({ kind: "statement_set", statements: random.list(1, 3, () => this.insert()), at }),
      () => ({ kind: "explain", statement: this.insert(), at }),
      () => ({
        kind: "create_table",
        what: random.pick(["TABLE", "STREAM"] as const),
        temporary: random.chance(20),
        ifNotExists: random.chance(20),
        name: make.name(),
        columns: random.list(1, 4, this.definition),
        watermark: random.maybe(40, () => ({ column: make.name(), expr: make.expression(2), at })),
        primaryKey: random.maybe(30, () => ({ columns: random.list(1, 2, this.identifier), at })),
        comment: random.maybe(20, () => "c"),
        partitionedBy: random.chance(20) ? random.list(1, 2, this.identifier) : [],
        with: random.chance(60) ? this.options() : [],
        query: random.maybe(10, () => this.query(1)),
        at,
      }),
      () => ({
        kind: "create_view",
        materialized: random.chance(40),
        temporary: random.chance(20),
        ifNotExists: random.chance(20),
        name: make.name(),
        columns: this.columns(30),
        comment: random.maybe(20, () => "c"),
        with: random.chance(20) ? this.options() : [],
        query: this.query(2),
        at,
      }),
      () => ({
        kind: "create_function",
        temporary: random.chance(20),
        ifNotExists: random.chance(20),
        name: make.name(),
        params: random.chance(20) ? [] : random.list(1, 4, () => ({ name: make.identifier(), type: make.type(1), at })),
        returns: make.type(1),
        language: random.pick(["TYPESCRIPT", "JAVASCRIPT"] as const),
        module: { value: random.pick(["./it's.ts#f", "file:///f.js"]), at },
        at,
      }),
      () => ({
        kind: "drop",
        what: random.pick(["TABLE", "STREAM", "VIEW", "FUNCTION"] as const),
        temporary: random.chance(20),
        materialized: random.chance(20),
        ifExists: random.chance(50),
        name: make.name(),
        at,
      }),
      () => ({ kind: "set", key: random.pick(["k", "a.b"]), value: random.pick(["1 h", "it's"]), at }),
    ];
    return random.pick(makers)();
  }
}
