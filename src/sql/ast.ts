import type { Query } from "./ast_query.ts";

export type * from "./ast_query.ts";
export type * from "./ast_statement.ts";

/** A part of the text: offsets in UTF-16 units, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Located {
  readonly at: Span;
}

/** A name as it was written, without its quotes. An unquoted name that is not found is looked for again whatever its case. */
export interface Identifier extends Located {
  readonly name: string;
  readonly quoted: boolean;
}

/** A name with its qualifiers, such as `db.bids` or `System.Timestamp`; at least one part. */
export interface Name extends Located {
  readonly parts: readonly Identifier[];
}

export type TimeUnit =
  | "MILLENNIUM"
  | "CENTURY"
  | "DECADE"
  | "YEAR"
  | "QUARTER"
  | "MONTH"
  | "WEEK"
  | "DAY"
  | "HOUR"
  | "MINUTE"
  | "SECOND"
  | "MILLISECOND"
  | "MICROSECOND"
  | "NANOSECOND"
  | "EPOCH"
  | "DOW"
  | "ISODOW"
  | "DOY"
  | "ISOYEAR";

export type Expression =
  | NullLiteral
  | BooleanLiteral
  | NumberLiteral
  | StringLiteral
  | BinaryLiteral
  | TemporalLiteral
  | IntervalLiteral
  | ColumnPath
  | FieldAccess
  | IndexAccess
  | UnaryOperation
  | BinaryOperation
  | LogicalOperation
  | IsTest
  | DistinctTest
  | LikeTest
  | BetweenTest
  | InList
  | InQuery
  | QuantifiedComparison
  | ExistsTest
  | ScalarSubquery
  | CaseExpression
  | CastExpression
  | UnitCall
  | TrimCall
  | JsonCall
  | JsonTest
  | FunctionCall
  | ArrayConstructor
  | MapConstructor
  | RowConstructor;

export interface NullLiteral extends Located {
  readonly kind: "null";
}

export interface BooleanLiteral extends Located {
  readonly kind: "boolean";
  readonly value: boolean;
}

/** Exact as written: `integer` can be read by `BigInt(text)` (`0x1F` too), `decimal` is digits with a point, `double` has an exponent. */
export interface NumberLiteral extends Located {
  readonly kind: "number";
  readonly form: "integer" | "decimal" | "double";
  readonly text: string;
}

export interface StringLiteral extends Located {
  readonly kind: "string";
  readonly value: string;
}

/** `X'CAFE'`: an even number of upper-case hexadecimal digits. */
export interface BinaryLiteral extends Located {
  readonly kind: "bytes";
  readonly hex: string;
}

/** `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`, `TIMESTAMP_LTZ '…'` (also written TIMESTAMP WITH LOCAL TIME ZONE); the text is not checked here. */
export interface TemporalLiteral extends Located {
  readonly kind: "temporal";
  readonly type: "DATE" | "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ";
  readonly text: string;
}

/** `INTERVAL '1 02' DAY TO HOUR`. Its value is a number of months (units of YEAR and MONTH) or of milliseconds; both are signed integers. */
export interface IntervalLiteral extends Located {
  readonly kind: "interval";
  /** What stood in quotes, with a `-` in front when one stood before the quotes. */
  readonly text: string;
  readonly from: TimeUnit;
  readonly to: TimeUnit | null;
  readonly value: { readonly unit: "month" | "ms"; readonly amount: number };
}

/** `ts`, `t.ts` or `t.row.field`: which part is a table's is for the binder. */
export interface ColumnPath extends Located {
  readonly kind: "column";
  readonly parts: readonly Identifier[];
}

/** A field of what is not a plain path: `a[1].b`, `(row).b`. */
export interface FieldAccess extends Located {
  readonly kind: "field";
  readonly of: Expression;
  readonly name: Identifier;
}

export interface IndexAccess extends Located {
  readonly kind: "index";
  readonly of: Expression;
  readonly index: Expression;
}

export interface UnaryOperation extends Located {
  readonly kind: "unary";
  readonly op: "NOT" | "-" | "+";
  readonly arg: Expression;
}

export type ComparisonOperator = "=" | "<>" | "<" | "<=" | ">" | ">=";
export type BinaryOperator = "+" | "-" | "*" | "/" | "%" | "||" | ComparisonOperator;

/** `!=` is read as `<>`. */
export interface BinaryOperation extends Located {
  readonly kind: "binary";
  readonly op: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `a AND b AND c` is one node, so that long chains are not deep; at least two arguments. */
export interface LogicalOperation extends Located {
  readonly kind: "logical";
  readonly op: "AND" | "OR";
  readonly args: readonly Expression[];
}

export interface IsTest extends Located {
  readonly kind: "is";
  readonly arg: Expression;
  readonly what: "NULL" | "TRUE" | "FALSE" | "UNKNOWN";
  readonly not: boolean;
}

/** `IS DISTINCT FROM`, with `not` `IS NOT DISTINCT FROM`. */
export interface DistinctTest extends Located {
  readonly kind: "is_distinct";
  readonly left: Expression;
  readonly right: Expression;
  readonly not: boolean;
}

/** `REGEXP` is read as `RLIKE`. */
export interface LikeTest extends Located {
  readonly kind: "like";
  readonly form: "LIKE" | "ILIKE" | "SIMILAR TO" | "RLIKE";
  readonly arg: Expression;
  readonly pattern: Expression;
  readonly escape: Expression | null;
  readonly not: boolean;
}

export interface BetweenTest extends Located {
  readonly kind: "between";
  readonly arg: Expression;
  readonly low: Expression;
  readonly high: Expression;
  readonly symmetric: boolean;
  readonly not: boolean;
}

export interface InList extends Located {
  readonly kind: "in_list";
  readonly arg: Expression;
  readonly items: readonly Expression[];
  readonly not: boolean;
}

export interface InQuery extends Located {
  readonly kind: "in_query";
  readonly arg: Expression;
  readonly query: Query;
  readonly not: boolean;
}

/** `x > ALL (query)`; `SOME` is read as `ANY`. */
export interface QuantifiedComparison extends Located {
  readonly kind: "quantified";
  readonly op: ComparisonOperator;
  readonly quantifier: "ANY" | "ALL";
  readonly arg: Expression;
  readonly query: Query;
}

export interface ExistsTest extends Located {
  readonly kind: "exists";
  readonly query: Query;
}

export interface ScalarSubquery extends Located {
  readonly kind: "subquery";
  readonly query: Query;
}

export interface CaseExpression extends Located {
  readonly kind: "case";
  readonly operand: Expression | null;
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
  readonly otherwise: Expression | null;
}

/** `CAST(x AS t)`, `TRY_CAST(x AS t)` (safe: NULL where it fails) and `x::t`. */
export interface CastExpression extends Located {
  readonly kind: "cast";
  readonly arg: Expression;
  readonly type: TypeName;
  readonly safe: boolean;
}

/** Functions that take a unit of time as a word: `EXTRACT(HOUR FROM ts)`, `FLOOR(ts TO DAY)`, `TIMESTAMPADD(HOUR, 1, ts)`. */
export interface UnitCall extends Located {
  readonly kind: "unit_call";
  readonly fn: "EXTRACT" | "CEIL" | "FLOOR" | "TIMESTAMPADD" | "TIMESTAMPDIFF" | "DATEADD" | "DATEDIFF" | "DATEPART";
  readonly unit: TimeUnit;
  readonly args: readonly Expression[];
}

/** `TRIM(x)` is `TRIM(BOTH FROM x)`; `chars` null: blanks. */
export interface TrimCall extends Located {
  readonly kind: "trim";
  readonly side: "BOTH" | "LEADING" | "TRAILING";
  readonly chars: Expression | null;
  readonly arg: Expression;
}

/**
 * Any other function, aggregate or window function. `SUBSTRING(x FROM a FOR b)`, `POSITION(a IN b)` and `OVERLAY(x PLACING y FROM a FOR b)` come with
 * their arguments in that order, CURRENT_TIMESTAMP and its like without arguments and `bare`.
 */
export interface FunctionCall extends Located {
  readonly kind: "call";
  readonly name: Name;
  /** `COUNT(*)`: then there are no arguments. */
  readonly star: boolean;
  readonly distinct: boolean;
  readonly args: readonly Expression[];
  /** Names of arguments given as `name => value`, one for each argument; null when all are positional. */
  readonly argNames: readonly Identifier[] | null;
  /** `ARRAY_AGG(x ORDER BY y)`. */
  readonly orderBy: readonly OrderItem[];
  readonly withinGroup: readonly OrderItem[];
  readonly filter: Expression | null;
  readonly nulls: "IGNORE" | "RESPECT" | null;
  readonly over: WindowSpec | WindowReference | null;
  readonly bare: boolean;
}

/** What comes in the place of a value of JSON; of DEFAULT the value. */
export interface JsonFallback extends Located {
  readonly what:
    | "NULL"
    | "ERROR"
    | "DEFAULT"
    | "ABSENT"
    | "TRUE"
    | "FALSE"
    | "UNKNOWN"
    | "EMPTY ARRAY"
    | "EMPTY OBJECT";
  readonly value: Expression | null;
}

/** A function of JSON in the words of the standard; without any of these it is a FunctionCall. Keys of JSON_OBJECT have their values behind them. */
export interface JsonCall extends Located {
  readonly kind: "json_call";
  readonly fn: "JSON_VALUE" | "JSON_QUERY" | "JSON_EXISTS" | "JSON_OBJECT" | "JSON_ARRAY";
  readonly args: readonly Expression[];
  readonly returning: TypeName | null;
  readonly wrapper: "WITHOUT" | "CONDITIONAL" | "UNCONDITIONAL" | null;
  /** By event: EMPTY, ERROR, NULL. */
  readonly on: Readonly<Record<string, JsonFallback>>;
}

/** `x IS JSON`, which is `x IS JSON VALUE`. */
export interface JsonTest extends Located {
  readonly kind: "is_json";
  readonly arg: Expression;
  readonly what: "VALUE" | "SCALAR" | "ARRAY" | "OBJECT";
  readonly not: boolean;
}

export interface WindowReference extends Located {
  readonly kind: "window_reference";
  readonly name: Identifier;
}

export interface WindowSpec extends Located {
  readonly kind: "window_spec";
  /** The named window that it builds upon. */
  readonly base: Identifier | null;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly frame: Frame | null;
}

/** `end` null: up to the current row. */
export interface Frame extends Located {
  readonly unit: "ROWS" | "RANGE";
  readonly start: FrameBound;
  readonly end: FrameBound | null;
}

export interface FrameBound extends Located {
  readonly kind: "unbounded_preceding" | "preceding" | "current_row" | "following" | "unbounded_following";
  /** Of `preceding` and `following`. */
  readonly value: Expression | null;
}

export interface OrderItem extends Located {
  readonly expr: Expression;
  readonly desc: boolean;
  /** Null: as the direction says (Flink: NULL is the least). */
  readonly nulls: "FIRST" | "LAST" | null;
}

export interface ArrayConstructor extends Located {
  readonly kind: "array";
  readonly items: readonly Expression[];
}

export interface MapConstructor extends Located {
  readonly kind: "map";
  readonly entries: readonly { readonly key: Expression; readonly value: Expression }[];
}

/** `ROW(a, b)` and, with two parts or more, `(a, b)`. */
export interface RowConstructor extends Located {
  readonly kind: "row";
  readonly items: readonly Expression[];
}

/**
 * A type by its upper-case name. Synonyms are read as one: INT (INTEGER), DECIMAL (DEC, NUMERIC), STRING, VARCHAR (CHARACTER VARYING), CHAR (CHARACTER),
 * DOUBLE (DOUBLE PRECISION), VARBINARY (BINARY VARYING), TIMESTAMP (… WITHOUT TIME ZONE), TIMESTAMP_LTZ (… WITH LOCAL TIME ZONE), TIMESTAMP_TZ
 * (… WITH TIME ZONE). ARRAY, MULTISET have one element type in `of`, MAP two; ROW has `fields`.
 */
export interface TypeName extends Located {
  readonly name: string;
  /** `DECIMAL(10, 2)`: [10, 2]. */
  readonly params: readonly number[];
  readonly of: readonly TypeName[];
  readonly fields: readonly { readonly name: Identifier; readonly type: TypeName; readonly comment: string | null }[];
  readonly notNull: boolean;
}
