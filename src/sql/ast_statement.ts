import type { Expression, Identifier, Name, Span, TypeName } from "./ast.ts";
import type { Query } from "./ast_query.ts";

interface Located {
  readonly at: Span;
}

export type Statement =
  | CreateTable
  | CreateView
  | CreateFunction
  | Insert
  | StatementSet
  | QueryStatement
  | Explain
  | Drop
  | SetOption;

/** `'k' = 'v'` of a WITH clause. */
export interface Option extends Located {
  readonly key: string;
  readonly value: string;
  readonly keyAt: Span;
  readonly valueAt: Span;
}

/** `CREATE TABLE` and `CREATE STREAM`. */
export interface CreateTable extends Located {
  readonly kind: "create_table";
  readonly what: "TABLE" | "STREAM";
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: Name;
  readonly columns: readonly ColumnDefinition[];
  readonly watermark: Watermark | null;
  readonly primaryKey: PrimaryKey | null;
  readonly comment: string | null;
  readonly partitionedBy: readonly Identifier[];
  readonly with: readonly Option[];
  /** `CREATE TABLE … AS query`. */
  readonly query: Query | null;
}

export type ColumnDefinition = PhysicalColumn | MetadataColumn | ComputedColumn;

/** `name type [NOT NULL]`; NOT NULL is the type's. `PRIMARY KEY` at a column is in the table's `primaryKey`. */
export interface PhysicalColumn extends Located {
  readonly kind: "physical";
  readonly name: Identifier;
  readonly type: TypeName;
  readonly comment: string | null;
}

/** `name type METADATA [FROM 'key'] [VIRTUAL]`. */
export interface MetadataColumn extends Located {
  readonly kind: "metadata";
  readonly name: Identifier;
  readonly type: TypeName;
  readonly from: string | null;
  readonly virtual: boolean;
  readonly comment: string | null;
}

/** `name AS expr`. */
export interface ComputedColumn extends Located {
  readonly kind: "computed";
  readonly name: Identifier;
  readonly expr: Expression;
  readonly comment: string | null;
}

/** `WATERMARK FOR column AS expr`. */
export interface Watermark extends Located {
  readonly column: Name;
  readonly expr: Expression;
}

export interface PrimaryKey extends Located {
  readonly columns: readonly Identifier[];
}

/** `CREATE [TEMPORARY] VIEW` and `CREATE MATERIALIZED VIEW`. */
export interface CreateView extends Located {
  readonly kind: "create_view";
  readonly materialized: boolean;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: Name;
  readonly columns: readonly Identifier[] | null;
  readonly comment: string | null;
  readonly with: readonly Option[];
  readonly query: Query;
}

/** `CREATE [TEMPORARY] FUNCTION name (a type, …) RETURNS type LANGUAGE TYPESCRIPT AS 'module#export'`. */
export interface CreateFunction extends Located {
  readonly kind: "create_function";
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: Name;
  readonly params: readonly Parameter[];
  readonly returns: TypeName;
  readonly language: "TYPESCRIPT" | "JAVASCRIPT";
  readonly module: { readonly value: string; readonly at: Span };
}

/** `name type` of a function's arguments. */
export interface Parameter extends Located {
  readonly name: Identifier;
  readonly type: TypeName;
}

export interface Insert extends Located {
  readonly kind: "insert";
  readonly into: Name;
  readonly columns: readonly Identifier[] | null;
  readonly query: Query;
}

/** `EXECUTE STATEMENT SET BEGIN insert; … END`: one pipeline with several sinks. */
export interface StatementSet extends Located {
  readonly kind: "statement_set";
  readonly statements: readonly Insert[];
}

export interface QueryStatement extends Located {
  readonly kind: "query_statement";
  readonly query: Query;
}

/** `EXPLAIN [PLAN FOR] statement`. */
export interface Explain extends Located {
  readonly kind: "explain";
  readonly statement: Statement;
}

export interface Drop extends Located {
  readonly kind: "drop";
  readonly what: "TABLE" | "STREAM" | "VIEW" | "FUNCTION";
  readonly temporary: boolean;
  readonly materialized: boolean;
  readonly ifExists: boolean;
  readonly name: Name;
}

/** `SET 'key' = 'value'`, `SET key.part = value`. */
export interface SetOption extends Located {
  readonly kind: "set";
  readonly key: string;
  readonly value: string;
}
