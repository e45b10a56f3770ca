import type { Expression, Identifier, IntervalLiteral, Name, OrderItem, Span, WindowSpec } from "./ast.ts";

interface Located {
  readonly at: Span;
}

/** A whole query: what stands around SELECT or a set operation. */
export interface Query extends Located {
  readonly kind: "query";
  readonly with: readonly CommonTable[];
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  /** `LIMIT n`, `FETCH FIRST n ROWS ONLY`; `LIMIT ALL` is null. */
  readonly limit: Expression | null;
  readonly offset: Expression | null;
  readonly emit: Emit | null;
  readonly lateness: IntervalLiteral | null;
}

/** `WITH name (columns) AS (query)`. */
export interface CommonTable extends Located {
  readonly name: Identifier;
  readonly columns: readonly Identifier[] | null;
  readonly query: Query;
}

export interface Emit extends Located {
  readonly mode: "FINAL" | "CHANGES" | "EVERY";
  /** Of EVERY. */
  readonly every: IntervalLiteral | null;
}

/** A query in parentheses is a `query` in its place only when it has a WITH, ORDER BY, LIMIT, OFFSET or EMIT of its own. */
export type QueryBody = Select | SetOperation | Values | TableQuery | Query;

/** `a UNION ALL b UNION ALL c` is one node; EXCEPT takes all further inputs from the first. At least two inputs. */
export interface SetOperation extends Located {
  readonly kind: "set_operation";
  readonly op: "UNION" | "INTERSECT" | "EXCEPT";
  readonly all: boolean;
  readonly inputs: readonly QueryBody[];
}

export interface Values extends Located {
  readonly kind: "values";
  readonly rows: readonly (readonly Expression[])[];
}

/** `TABLE t`: all rows of t. */
export interface TableQuery extends Located {
  readonly kind: "table_query";
  readonly name: Name;
}

export interface Select extends Located {
  readonly kind: "select";
  readonly hints: readonly Hint[];
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  /** Azure's `SELECT … INTO sink FROM …`. */
  readonly into: Name | null;
  /** Items between commas are cross joined; empty without FROM. */
  readonly from: readonly FromItem[];
  readonly where: Expression | null;
  /** Null without GROUP BY. */
  readonly groupBy: readonly GroupItem[] | null;
  readonly having: Expression | null;
  readonly windows: readonly NamedWindow[];
  readonly qualify: Expression | null;
}

/** What `SELECT /*+ …` and a table say to the planner, such as STATE_TTL('a' = '1h'): keys with values, or values alone (then the key is null). */
export interface Hint extends Located {
  readonly name: Identifier;
  readonly options: readonly { readonly key: string | null; readonly value: string; readonly at: Span }[];
}

export type SelectItem = SelectExpression | SelectStar;

export interface SelectExpression extends Located {
  readonly kind: "expression";
  readonly expr: Expression;
  readonly alias: Identifier | null;
}

/** `*`, or `t.*` with the table's name. */
export interface SelectStar extends Located {
  readonly kind: "star";
  readonly table: Name | null;
}

export interface NamedWindow extends Located {
  readonly name: Identifier;
  readonly spec: WindowSpec;
}

export type GroupItem = GroupExpression | GroupSet | GroupingSets | GroupWindow;

export interface GroupExpression extends Located {
  readonly kind: "expression";
  readonly expr: Expression;
}

/** `(a, b)` or `()`. */
export interface GroupSet extends Located {
  readonly kind: "group_set";
  readonly items: readonly Expression[];
}

export interface GroupingSets extends Located {
  readonly kind: "grouping_sets" | "rollup" | "cube";
  readonly items: readonly GroupItem[];
}

/**
 * A window as a function in GROUP BY. Flink's: TUMBLE(time, size), HOP(time, slide, size), SESSION(time, gap), each with an optional offset. Azure's:
 * TUMBLINGWINDOW, HOPPINGWINDOW, SLIDINGWINDOW, SESSIONWINDOW, SNAPSHOTWINDOW, whose time is that of the FROM item (`TIMESTAMP BY`, else arrival).
 * COUNTWINDOW(rows, slide) has numbers of rows as size and slide.
 */
export interface GroupWindow extends Located {
  readonly kind: "group_window";
  readonly style: "flink" | "azure";
  readonly fn: "TUMBLE" | "HOP" | "SLIDING" | "SESSION" | "SNAPSHOT" | "COUNT";
  /** Flink's; null in Azure's. */
  readonly time: Expression | null;
  /** TUMBLE, HOP, SLIDING, COUNT. */
  readonly size: Expression | null;
  /** HOP, COUNT. */
  readonly slide: Expression | null;
  /** SESSION. */
  readonly gap: Expression | null;
  /** Azure's longest duration of a session. */
  readonly max: Expression | null;
  readonly offset: Expression | null;
  /** Azure's `SESSIONWINDOW(…) OVER (PARTITION BY k)`. */
  readonly partitionBy: readonly Expression[];
}

export type FromItem = TableItem | DerivedTable | WindowTable | FunctionTable | UnnestTable | Join;

/** `AS t (a, b)`. */
export interface TableAlias extends Located {
  readonly name: Identifier;
  readonly columns: readonly Identifier[] | null;
}

export interface TableItem extends Located {
  readonly kind: "table";
  readonly name: Name;
  readonly hints: readonly Hint[];
  /** `FOR SYSTEM_TIME AS OF expr`. */
  readonly asOf: Expression | null;
  /** Azure's `TIMESTAMP BY expr`. */
  readonly timestampBy: Expression | null;
  readonly alias: TableAlias | null;
}

/** A subquery, also `(VALUES …) AS t (a, b)`. */
export interface DerivedTable extends Located {
  readonly kind: "derived";
  readonly lateral: boolean;
  readonly query: Query;
  readonly alias: TableAlias | null;
}

/** `TABLE t PARTITION BY k` or `TABLE (query) …`: what a table function reads. */
export interface TableArgument extends Located {
  readonly kind: "table_argument";
  readonly table: Name | Query;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
}

/**
 * A window table function, with or without `TABLE(…)` around it. TUMBLE has size; HOP slide and size; CUMULATE step and size; SESSION gap. Arguments given
 * by name are in their places here.
 */
export interface WindowTable extends Located {
  readonly kind: "window_table";
  readonly fn: "TUMBLE" | "HOP" | "CUMULATE" | "SESSION";
  readonly data: TableArgument;
  readonly time: Identifier;
  readonly size: Expression | null;
  readonly slide: Expression | null;
  readonly step: Expression | null;
  readonly gap: Expression | null;
  readonly offset: Expression | null;
  readonly alias: TableAlias | null;
}

/** `DESCRIPTOR(a, b)`. */
export interface Descriptor extends Located {
  readonly kind: "descriptor";
  readonly columns: readonly Identifier[];
}

/** `[LATERAL] TABLE(f(a, b)) AS t (x, y)`. */
export interface FunctionTable extends Located {
  readonly kind: "function_table";
  readonly lateral: boolean;
  readonly name: Name;
  readonly args: readonly (Expression | TableArgument | Descriptor)[];
  /** As in FunctionCall. */
  readonly argNames: readonly Identifier[] | null;
  readonly alias: TableAlias | null;
}

export interface UnnestTable extends Located {
  readonly kind: "unnest";
  readonly expr: Expression;
  readonly ordinality: boolean;
  readonly alias: TableAlias | null;
}

/** Joins lean to the left: `a JOIN b JOIN c` is (a JOIN b) JOIN c. */
export interface Join extends Located {
  readonly kind: "join";
  readonly type: "INNER" | "LEFT" | "RIGHT" | "FULL" | "CROSS" | "SEMI" | "ANTI";
  readonly natural: boolean;
  /** `ASOF JOIN`. */
  readonly asof: boolean;
  readonly left: FromItem;
  readonly right: FromItem;
  readonly on: Expression | null;
  readonly using: readonly Identifier[] | null;
}
