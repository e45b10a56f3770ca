import type { Expression, Identifier, Name, OrderItem, TypeName, WindowSpec } from "../../src/sql/ast.ts";
import type { Random } from "./generate_expression.ts";

export interface Word {
  readonly text: string;
  /** Whether its case means nothing. */
  readonly keyword: boolean;
}

/** How close operators bind: OR, AND, NOT, comparisons, ranges, sums, products, signs, what stands behind an operand, operands. */
const OR = 1, AND = 2, NOT = 3, COMPARISON = 4, RANGED = 5, SUM = 6, PRODUCT = 7, SIGN = 8, POSTFIX = 9, OPERAND = 10;

function levelOf(expr: Expression): number {
  switch (expr.kind) {
    case "logical":
      return expr.op === "OR" ? OR : AND;
    case "unary":
      return expr.op === "NOT" ? NOT : SIGN;
    case "binary":
      return /^[+-]$/.test(expr.op) ? SUM : /^[*/%]$|^\|\|$/.test(expr.op) ? PRODUCT : COMPARISON;
    case "is":
    case "is_distinct":
    case "quantified":
      return COMPARISON;
    case "like":
    case "between":
    case "in_list":
    case "in_query":
      return RANGED;
    case "index":
    case "field":
      return POSTFIX;
    default:
      return OPERAND;
  }
}

/** Writes trees as the words of a text, independently of the formatter. Where SQL has several ways to say a thing, `random` picks one. */
export class ExpressionPrinter {
  readonly words: Word[] = [];
  constructor(readonly random: Random) {}

  /** Keywords, with blanks between. */
  key(text: string): void {
    for (const word of text.split(" ")) this.words.push({ text: word, keyword: true });
  }

  put(text: string): void {
    this.words.push({ text, keyword: false });
  }

  string(text: string): void {
    this.put(`'${text.replaceAll("'", "''")}'`);
  }

  list<T>(items: readonly T[], each: (item: T) => void, between = ","): void {
    items.forEach((item, i) => {
      if (i > 0) this.put(between);
      each(item);
    });
  }

  enclosed(write: () => void): void {
    this.put("(");
    write();
    this.put(")");
  }

  identifier = ({ name, quoted }: Identifier): void => {
    const quote = this.random.chance(50) ? '"' : "`";
    this.put(quoted ? quote + name.replaceAll(quote, quote + quote) + quote : name);
  };

  name({ parts }: Pick<Name, "parts">): void {
    this.list(parts, this.identifier, ".");
  }

  expression = (expr: Expression): void => this.at(0, expr);

  /** An expression where at least `level` is wanted: in parentheses when it binds less. */
  at(level: number, expr: Expression): void {
    if (levelOf(expr) < level || this.random.chance(3)) this.enclosed(() => this.write(expr));
    else this.write(expr);
  }

  /** An expression where none may stand in parentheses. */
  plain = (expr: Expression): void => this.write(expr);

  query(_query: unknown): void {
    throw new Error("Queries are written by the printer of queries");
  }

  private not(not: boolean): void {
    if (not) this.key("NOT");
  }

  private write(expr: Expression): void {
    switch (expr.kind) {
      case "null":
        return this.key("NULL");
      case "boolean":
        return this.key(expr.value ? "TRUE" : "FALSE");
      case "number":
        return this.put(expr.text);
      case "string":
        return this.string(expr.value);
      case "bytes":
        return this.put(`X'${expr.hex}'`);
      case "temporal":
        this.key(expr.type);
        return this.string(expr.text);
      case "interval":
        this.key("INTERVAL");
        this.string(expr.text);
        return this.key(expr.from + (expr.to ? ` TO ${expr.to}` : ""));
      case "column":
        return this.name(expr);
      case "logical":
        return this.chain(expr.op, expr.args);
      case "unary":
        if (expr.op === "NOT") this.key("NOT");
        else this.put(expr.op);
        return this.at(expr.op === "NOT" ? NOT : SIGN, expr.arg);
      case "binary": {
        const level = levelOf(expr);
        this.at(level, expr.left);
        this.put(expr.op === "<>" && this.random.chance(50) ? "!=" : expr.op);
        return this.at(level + 1, expr.right);
      }
      case "index":
        this.at(POSTFIX, expr.of);
        this.put("[");
        this.expression(expr.index);
        return this.put("]");
      case "field":
        // A column's field is a part of its path; a number's would be its fraction.
        this.at(expr.of.kind === "column" || expr.of.kind === "number" ? OPERAND + 1 : POSTFIX, expr.of);
        this.put(".");
        return this.identifier(expr.name);
      default:
        return this.test(expr);
    }
  }

  private chain(op: "AND" | "OR", args: readonly Expression[]): void {
    args.forEach((arg, i) => {
      if (i > 0) this.key(op);
      this.at(op === "OR" ? AND : NOT, arg);
    });
  }

  private test(expr: Expression): void {
    switch (expr.kind) {
      case "is":
        this.at(COMPARISON, expr.arg);
        this.key("IS");
        this.not(expr.not);
        return this.key(expr.what);
      case "is_distinct":
        this.at(COMPARISON, expr.left);
        this.key(expr.not ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM");
        return this.at(RANGED, expr.right);
      case "like":
        this.at(RANGED, expr.arg);
        this.not(expr.not);
        this.key(expr.form === "RLIKE" && this.random.chance(50) ? "REGEXP" : expr.form);
        this.at(SUM, expr.pattern);
        if (!expr.escape) return;
        this.key("ESCAPE");
        return this.at(SUM, expr.escape);
      case "between":
        this.at(RANGED, expr.arg);
        this.not(expr.not);
        this.key(expr.symmetric ? "BETWEEN SYMMETRIC" : "BETWEEN");
        this.at(SUM, expr.low);
        this.key("AND");
        return this.at(SUM, expr.high);
      case "in_list":
      case "in_query":
        this.at(RANGED, expr.arg);
        this.not(expr.not);
        this.key("IN");
        if (expr.kind === "in_query") return this.enclosed(() => this.query(expr.query));
        return this.enclosed(() => this.list(expr.items, this.expression));
      case "quantified":
        this.at(COMPARISON, expr.arg);
        this.put(expr.op);
        this.key(expr.quantifier);
        return this.enclosed(() => this.query(expr.query));
      default:
        return this.operand(expr);
    }
  }

  private operand(expr: Expression): void {
    switch (expr.kind) {
      case "exists":
        this.key("EXISTS");
        return this.enclosed(() => this.query(expr.query));
      case "subquery":
        return this.enclosed(() => this.query(expr.query));
      case "case":
        this.key("CASE");
        if (expr.operand) this.expression(expr.operand);
        for (const { when, then } of expr.branches) {
          this.key("WHEN");
          this.expression(when);
          this.key("THEN");
          this.expression(then);
        }
        if (expr.otherwise) {
          this.key("ELSE");
          this.expression(expr.otherwise);
        }
        return this.key("END");
      case "array":
        this.key("ARRAY");
        this.put("[");
        this.list(expr.items, this.expression);
        return this.put("]");
      case "map":
        this.key("MAP");
        this.put("[");
        this.list(expr.entries.flatMap(({ key, value }) => [key, value]), this.expression);
        return this.put("]");
      case "row":
        if (expr.items.length < 2 || this.random.chance(50)) this.key("ROW");
        return this.enclosed(() => this.list(expr.items, this.expression));
      default:
        return this.function(expr);
    }
  }

  private function(expr: Expression): void {
    switch (expr.kind) {
      case "cast":
        this.key(expr.safe ? "TRY_CAST" : "CAST");
        return this.enclosed(() => {
          this.expression(expr.arg);
          this.key("AS");
          this.type(expr.type);
        });
      case "trim":
        this.key("TRIM");
        return this.enclosed(() => {
          this.key(expr.side);
          if (expr.chars) this.at(OPERAND, expr.chars);
          this.key("FROM");
          this.expression(expr.arg);
        });
      case "unit_call":
        this.key(expr.fn);
        return this.enclosed(() => {
          const rounds = expr.fn === "CEIL" || expr.fn === "FLOOR";
          // TO behind an interval would be the interval's.
          if (rounds) this.at(expr.args[0].kind === "interval" ? OPERAND + 1 : OPERAND, expr.args[0]);
          if (rounds) this.key("TO");
          this.key(expr.unit);
          if (rounds) return;
          if (expr.fn === "EXTRACT") this.key("FROM");
          else this.put(",");
          this.list(expr.args, this.expression);
        });
      case "call":
        return this.call(expr);
      default:
        throw new Error(`There is no way to write ${expr.kind}`);
    }
  }

  private call(expr: Extract<Expression, { kind: "call" }>): void {
    this.name(expr.name);
    if (expr.bare) return;
    this.enclosed(() => {
      if (expr.star) this.put("*");
      if (expr.distinct) this.key("DISTINCT");
      this.list(expr.args.map((arg, i) => ({ arg, name: expr.argNames?.[i] })), ({ arg, name }) => {
        if (name) this.identifier(name);
        if (name) this.put("=>");
        this.expression(arg);
      });
      if (expr.orderBy.length > 0) this.orderBy(expr.orderBy);
    });
    if (expr.nulls) this.key(`${expr.nulls} NULLS`);
    if (expr.withinGroup.length > 0) {
      this.key("WITHIN GROUP");
      this.enclosed(() => this.orderBy(expr.withinGroup));
    }
    if (expr.filter) {
      this.key("FILTER");
      this.enclosed(() => {
        this.key("WHERE");
        this.expression(expr.filter!);
      });
    }
    if (!expr.over) return;
    this.key("OVER");
    if (expr.over.kind === "window_spec") this.window(expr.over);
    else this.identifier(expr.over.name);
  }

  orderBy(items: readonly OrderItem[]): void {
    this.key("ORDER BY");
    this.list(items, ({ expr, desc, nulls }) => {
      this.expression(expr);
      if (desc) this.key("DESC");
      if (nulls) this.key(`NULLS ${nulls}`);
    });
  }

  partitionBy(items: readonly Expression[]): void {
    if (items.length === 0) return;
    this.key("PARTITION BY");
    this.list(items, this.expression);
  }

  window({ base, partitionBy, orderBy, frame }: WindowSpec): void {
    this.enclosed(() => {
      if (base) this.identifier(base);
      this.partitionBy(partitionBy);
      if (orderBy.length > 0) this.orderBy(orderBy);
      if (!frame) return;
      this.key(frame.unit);
      if (frame.end) this.key("BETWEEN");
      for (const [i, bound] of [frame.start, frame.end].entries()) {
        if (!bound) continue;
        if (i > 0) this.key("AND");
        if (bound.value) this.at(SUM, bound.value);
        this.key(bound.kind.replace("_", " ").toUpperCase());
      }
    });
  }

  type({ name, params, of, fields, notNull }: TypeName): void {
    const [word, zone] = name === "TIMESTAMP_TZ"
      ? ["TIMESTAMP", "WITH TIME ZONE"]
      : name === "TIMESTAMP_LTZ" && this.random.chance(50)
      ? ["TIMESTAMP", "WITH LOCAL TIME ZONE"]
      : [name, null];
    this.key(word);
    if (params.length > 0) this.enclosed(() => this.list(params, (param) => this.put(String(param))));
    if (zone) this.key(zone);
    if (of.length > 0 || fields.length > 0) {
      this.put("<");
      this.list(of, (type) => this.type(type));
      this.list(fields, ({ name, type, comment }) => {
        this.identifier(name);
        this.type(type);
        if (comment !== null) this.string(comment);
      });
      this.put(">");
    }
    if (notNull) this.key("NOT NULL");
  }
}
