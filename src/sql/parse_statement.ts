import type {
  ColumnDefinition,
  CreateTable,
  FromItem,
  Join,
  Name,
  PhysicalColumn,
  PrimaryKey,
  Query,
  QueryBody,
  SetOperation,
  Span,
  TableAlias,
  TypeName,
  Watermark,
} from "./ast.ts";
import { SqlMistake } from "./errors.ts";

type Element =
  | { readonly element: "column"; readonly column: ColumnDefinition; readonly isKey: boolean }
  | { readonly element: "watermark"; readonly watermark: Watermark }
  | { readonly element: "primary_key"; readonly primaryKey: PrimaryKey };

type Rest = Pick<CreateTable, "comment" | "partitionedBy" | "with" | "query">;

type QueryTail = Partial<Pick<Query, "orderBy" | "limit" | "offset" | "emit" | "lateness">> & { readonly at: Span };

interface SetTail {
  readonly op: SetOperation["op"];
  readonly all: boolean;
  readonly input: QueryBody;
}

const CLAUSES = { orderBy: "ORDER BY", limit: "LIMIT", offset: "OFFSET", emit: "EMIT", lateness: "ALLOWED LATENESS" };

/** Names of types that are read as one. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  INTEGER: "INT",
  INT4: "INT",
  INT8: "BIGINT",
  DEC: "DECIMAL",
  NUMERIC: "DECIMAL",
  BOOL: "BOOLEAN",
  TEXT: "STRING",
};

/* What the grammar makes of statements and queries. */

export function createTable(
  what: CreateTable["what"],
  ifNotExists: boolean,
  name: Name,
  elements: readonly Element[],
  rest: Rest,
) {
  const columns: ColumnDefinition[] = [];
  let watermark: Watermark | null = null, primaryKey: PrimaryKey | null = null;
  const setKey = (key: PrimaryKey) => {
    if (primaryKey) {
      throw new SqlMistake(
        key.at,
        "The table has two primary keys",
        "A key of several columns is written PRIMARY KEY (a, b) NOT ENFORCED",
      );
    }
    primaryKey = key;
  };
  for (const element of elements) {
    if (element.element === "watermark") {
      if (watermark) throw new SqlMistake(element.watermark.at, "The table has two watermarks");
      watermark = element.watermark;
    } else if (element.element === "primary_key") {
      setKey(element.primaryKey);
    } else {
      columns.push(element.column);
      if (element.isKey) setKey({ columns: [element.column.name], at: element.column.at });
    }
  }
  return { kind: "create_table" as const, what, ifNotExists, name, columns, watermark, primaryKey, ...rest };
}

/** A column with a type; `rest` is METADATA or the mark of a primary key. */
export function physicalColumn(
  type: TypeName,
  rest: { from: string | null; virtual: boolean } | "key" | null,
  comment: string | null,
) {
  const column: Omit<PhysicalColumn, "name" | "at"> = { kind: "physical", type, comment };
  if (rest === null || rest === "key") return { column, isKey: rest === "key" };
  return { column: { ...column, kind: "metadata" as const, ...rest }, isKey: false };
}

/** The value of SET as it is written, without quotes around it. */
export function settingValue(text: string): string {
  return /^'[^']*'$/.test(text) ? text.slice(1, -1) : text;
}

export function type(
  head: { name: string; params?: readonly number[] | null; of?: readonly TypeName[]; fields?: TypeName["fields"] },
  suffixes: readonly string[],
  at: Span,
): TypeName {
  const { name, params, of = [], fields = [] } = head;
  let type: TypeName = { name, params: params ?? [], of, fields, notNull: false, at };
  for (const suffix of suffixes) {
    if (suffix === "NOT NULL") type = { ...type, notNull: true };
    else if (suffix !== "NULL") type = { name: suffix, params: [], of: [type], fields: [], notNull: false, at };
  }
  return type;
}

export function typeWord({ name }: { readonly name: string }, varying: boolean): string {
  const upper = name.toUpperCase();
  if (varying) return `VAR${upper}`;
  return Object.hasOwn(TYPE_NAMES, upper) ? TYPE_NAMES[upper] : upper;
}

export function query(commons: Query["with"], body: QueryBody, tails: readonly QueryTail[], at: Span): Query {
  const found: Omit<QueryTail, "at"> = {}, seen = new Set<string>();
  for (const { at, ...tail } of tails) {
    const clause = Object.keys(tail)[0] as keyof typeof CLAUSES;
    if (seen.has(clause)) throw new SqlMistake(at, `${CLAUSES[clause]} stands twice`);
    seen.add(clause);
    Object.assign(found, tail);
  }
  const { orderBy = [], limit = null, offset = null, emit = null, lateness = null } = found;
  return { kind: "query", with: commons, body, orderBy, limit, offset, emit, lateness, at };
}

/** A query in parentheses: its body alone when nothing else stands in it. */
export function nestedQuery(query: Query): QueryBody {
  const { orderBy, limit, offset, emit, lateness } = query;
  const plain = query.with.length + orderBy.length === 0 && !limit && !offset && !emit && !lateness;
  return plain ? query.body : query;
}

/** INTERSECT binds closer than UNION and EXCEPT. */
export function setOperations(head: QueryBody, tails: readonly SetTail[]): QueryBody {
  const terms: { tail: SetTail | null; input: QueryBody; narrowed: SetTail[] }[] = [
    { tail: null, input: head, narrowed: [] },
  ];
  for (const tail of tails) {
    if (tail.op === "INTERSECT") terms[terms.length - 1].narrowed.push(tail);
    else terms.push({ tail, input: tail.input, narrowed: [] });
  }
  const inputs = terms.map(({ input, narrowed }) => chain(input, narrowed));
  return chain(inputs[0], terms.slice(1).map(({ tail }, i) => ({ ...tail!, input: inputs[i + 1] })));
}

/** Joins from left to right; what is wrong with one is noted. */
export function joined(
  head: FromItem,
  tails: readonly (Omit<Join, "kind" | "left" | "at"> & { end: number })[],
  note: (mistake: SqlMistake) => void,
): FromItem {
  return tails.reduce<FromItem>((left, { end, ...join }) => {
    const at = { start: left.at.start, end };
    const needs = join.type !== "CROSS" && !join.natural;
    // Not thrown: when something is wrong right behind, such as OM for ON, that is the better thing to say.
    if (needs && !join.on && !join.using) {
      const hint = "Write ON a.x = b.x or USING (x) behind it, or CROSS JOIN";
      note(new SqlMistake(join.right.at, "The join has no condition", hint));
    }
    if (!needs && (join.on || join.using)) {
      const what = join.natural ? "NATURAL" : "CROSS";
      note(new SqlMistake((join.on ?? join.using![0]).at, `A ${what} JOIN has no condition`));
    }
    return { kind: "join", left, ...join, at };
  }, head);
}

/** `(a JOIN b ON …)` and `((SELECT …)) AS t`. */
export function nestedFrom(item: FromItem, alias: TableAlias | null, at: Span): FromItem {
  if (!alias) return { ...item, at };
  if (item.kind === "join" || item.alias) {
    throw new SqlMistake(
      alias.at,
      "A join in parentheses has no name of its own",
      "Name its tables, or write a query",
    );
  }
  return { ...item, alias, at };
}

/** Operations from left to right; neighbours that are equal are one node. */
function chain(head: QueryBody, tails: readonly SetTail[]): QueryBody {
  let left = head, open: { op: SetTail["op"]; all: boolean; inputs: QueryBody[] } | null = null;
  const close = () => {
    if (!open) return;
    const at = { start: open.inputs[0].at.start, end: open.inputs[open.inputs.length - 1].at.end };
    left = { kind: "set_operation", ...open, at };
  };
  for (const { op, all, input } of tails) {
    if (open && open.op === op && open.all === all) {
      open.inputs.push(input);
      continue;
    }
    close();
    open = { op, all, inputs: [left, input] };
  }
  close();
  return left;
}
