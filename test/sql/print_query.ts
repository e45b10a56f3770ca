import type {
  ColumnDefinition,
  FromItem,
  GroupItem,
  Hint,
  Identifier,
  Insert,
  IntervalLiteral,
  Option,
  Query,
  QueryBody,
  Select,
  Statement,
  TableAlias,
  WindowTable,
} from "../../src/sql/ast.ts";
import type { Random } from "./generate_expression.ts";
import { ExpressionPrinter, type Word } from "./print.ts";

/** The words of a statement. */
export function wordsOf(statement: Statement, random: Random): Word[] {
  const printer = new StatementPrinter(random);
  printer.statement(statement);
  return printer.words;
}

class StatementPrinter extends ExpressionPrinter {
  override query(query: Query): void {
    if (query.with.length > 0) {
      this.key("WITH");
      this.list(query.with, ({ name, columns, query }) => {
        this.identifier(name);
        this.columns(columns);
        this.key("AS");
        this.enclosed(() => this.query(query));
      });
    }
    this.body(query.body);
    if (query.orderBy.length > 0) this.orderBy(query.orderBy);
    this.clause("LIMIT", query.limit, this.expression);
    this.clause("OFFSET", query.offset, this.expression);
    if (query.offset && this.random.chance(30)) this.key("ROWS");
    this.clause("EMIT", query.emit, ({ mode, every }) => {
      this.key(mode);
      if (every) this.plain(every);
    });
    this.clause("ALLOWED LATENESS", query.lateness, this.plain);
  }

  private clause<T>(words: string, value: T | null, write: (value: T) => void): void {
    if (value === null) return;
    this.key(words);
    write(value);
  }

  private columns(columns: readonly Identifier[] | null): void {
    if (columns) this.enclosed(() => this.list(columns, this.identifier));
  }

  private body(body: QueryBody): void {
    switch (body.kind) {
      case "select":
        return this.select(body);
      case "values":
        this.key("VALUES");
        return this.list(body.rows, (row) => this.enclosed(() => this.list(row, this.expression)));
      case "table_query":
        this.key("TABLE");
        return this.name(body.name);
      case "query":
        return this.enclosed(() => this.query(body));
      case "set_operation":
        body.inputs.forEach((input, i) => {
          if (i > 0) this.key(body.op + (body.all ? " ALL" : this.random.chance(30) ? " DISTINCT" : ""));
          if (input.kind === "set_operation") this.enclosed(() => this.body(input));
          else this.body(input);
        });
    }
  }

  private select(select: Select): void {
    this.key("SELECT");
    this.hints(select.hints);
    if (select.distinct) this.key("DISTINCT");
    this.list(select.items, (item) => {
      if (item.kind === "expression") {
        this.expression(item.expr);
        return this.alias(item.alias);
      }
      if (item.table) this.name(item.table);
      if (item.table) this.put(".");
      this.put("*");
    });
    this.clause("INTO", select.into, (name) => this.name(name));
    if (select.from.length > 0) {
      this.clause("FROM", select.from, (items) => this.list(items, (item) => this.from(item)));
    }
    this.clause("WHERE", select.where, this.expression);
    this.clause("GROUP BY", select.groupBy, (items) => this.list(items, (item) => this.group(item)));
    this.clause("HAVING", select.having, this.expression);
    if (select.windows.length > 0) this.key("WINDOW");
    this.list(select.windows, ({ name, spec }) => {
      this.identifier(name);
      this.key("AS");
      this.window(spec);
    });
    this.clause("QUALIFY", select.qualify, this.expression);
  }

  private alias(alias: Identifier | null): void {
    if (!alias) return;
    if (this.random.chance(70)) this.key("AS");
    this.identifier(alias);
  }

  private tableAlias(alias: TableAlias | null): void {
    if (!alias) return;
    this.alias(alias.name);
    this.columns(alias.columns);
  }

  private hints(hints: readonly Hint[]): void {
    if (hints.length === 0) return;
    this.put("/*+");
    this.list(hints, ({ name, options }) => {
      this.identifier(name);
      if (options.length === 0) return;
      this.enclosed(() =>
        this.list(options, ({ key, value }) => {
          if (key !== null) this.string(key);
          if (key !== null) this.put("=");
          this.string(value);
        })
      );
    });
    this.put("*/");
  }

  private group(item: GroupItem): void {
    switch (item.kind) {
      case "expression":
        return this.expression(item.expr);
      case "group_set":
        return this.enclosed(() => this.list(item.items, this.expression));
      case "group_window": {
        const { time, slide, size, gap, offset, partitionBy } = item;
        if (item.style === "flink") {
          this.key(item.fn);
          return this.enclosed(() =>
            this.list([time, slide, size, offset].filter((one) => one !== null), this.expression)
          );
        }
        const interval = gap as IntervalLiteral;
        this.key("SESSIONWINDOW");
        this.enclosed(() => {
          if (this.random.chance(50)) {
            this.words.push(...[interval.from, ",", interval.text].map((text) => ({ text, keyword: true })));
          } else {this.words.push(
              ...["Timeout", "(", interval.from, ",", interval.text, ")"].map((text) => ({ text, keyword: true })),
            );}
        });
        if (partitionBy.length === 0) return;
        this.key("OVER");
        return this.enclosed(() => this.partitionBy(partitionBy));
      }
      default:
        this.key(item.kind.replace("_", " ").toUpperCase());
        return this.enclosed(() => this.list(item.items, (one) => this.group(one)));
    }
  }

  private from(item: FromItem): void {
    switch (item.kind) {
      case "table":
        this.name(item.name);
        this.hints(item.hints);
        this.clause("FOR SYSTEM_TIME AS OF", item.asOf, this.expression);
        this.clause("TIMESTAMP BY", item.timestampBy, this.expression);
        return this.tableAlias(item.alias);
      case "derived":
        if (item.lateral) this.key("LATERAL");
        this.enclosed(() => this.query(item.query));
        return this.tableAlias(item.alias);
      case "unnest":
        this.key("UNNEST");
        this.enclosed(() => this.expression(item.expr));
        if (item.ordinality) this.key("WITH ORDINALITY");
        return this.tableAlias(item.alias);
      case "function_table": {
        const call = () => {
          this.name(item.name);
          this.enclosed(() => this.list(item.args, (arg) => this.expression(arg as never)));
        };
        if (item.lateral) this.key("LATERAL");
        this.inTable(call);
        return this.tableAlias(item.alias);
      }
      case "window_table":
        this.inTable(() => this.windowTable(item));
        return this.tableAlias(item.alias);
      case "join":
        return this.join(item);
    }
  }

  /** With or without `TABLE(…)` around it. */
  private inTable(write: () => void): void {
    if (this.random.chance(30)) return write();
    this.key("TABLE");
    this.enclosed(write);
  }

  private windowTable({ fn, data, time, slide, step, gap, size, offset }: WindowTable): void {
    this.key(fn);
    const durations = { SLIDE: slide, STEP: step, GAP: gap, SIZE: size, OFFSET: offset };
    this.enclosed(() => {
      const named = this.random.chance(40),
        name = (word: string) =>
          named && this.words.push({ text: word, keyword: true }, { text: "=>", keyword: false });
      name("DATA");
      this.key("TABLE");
      if ("kind" in data.table) this.enclosed(() => this.query(data.table as Query));
      else this.name(data.table);
      this.partitionBy(data.partitionBy);
      if (data.orderBy.length > 0) this.orderBy(data.orderBy);
      this.put(",");
      name("TIMECOL");
      this.key("DESCRIPTOR");
      this.enclosed(() => this.identifier(time));
      for (const [word, duration] of Object.entries(durations)) {
        if (!duration) continue;
        this.put(",");
        name(word);
        this.expression(duration);
      }
    });
  }

  private join({ type, natural, asof, left, right, on, using }: Extract<FromItem, { kind: "join" }>): void {
    this.from(left);
    if (natural) this.key("NATURAL");
    if (asof) this.key("ASOF");
    const outer = /^(?:LEFT|RIGHT|FULL)$/.test(type) && this.random.chance(30);
    if (type !== "INNER" || this.random.chance(30)) this.key(type + (outer ? " OUTER" : ""));
    this.key("JOIN");
    if (right.kind === "join") this.enclosed(() => this.from(right));
    else this.from(right);
    this.clause("ON", on, this.expression);
    this.clause("USING", using, (columns) => this.columns(columns));
  }

  private options(options: readonly Option[]): void {
    if (options.length === 0) return;
    this.key("WITH");
    this.enclosed(() =>
      this.list(options, ({ key, value }) => {
        this.string(key);
        this.put("=");
        this.string(value);
      })
    );
  }

  private definition(column: ColumnDefinition): void {
    this.identifier(column.name);
    if (column.kind === "computed") this.clause("AS", column.expr, this.expression);
    else this.type(column.type);
    if (column.kind === "metadata") {
      this.key("METADATA");
      this.clause("FROM", column.from, (key) => this.string(key));
      if (column.virtual) this.key("VIRTUAL");
    }
    this.clause("COMMENT", column.comment, (comment) => this.string(comment));
  }

  private insert({ into, columns, query }: Insert): void {
    this.key("INSERT INTO");
    this.name(into);
    this.columns(columns);
    this.query(query);
  }

  statement(statement: Statement): void {
    switch (statement.kind) {
      case "query_statement":
        return this.query(statement.query);
      case "insert":
        return this.insert(statement);
      case "statement_set":
        this.key("EXECUTE STATEMENT SET BEGIN");
        for (const insert of statement.statements) {
          this.insert(insert);
          this.put(";");
        }
        return this.key("END");
      case "explain":
        this.key(this.random.chance(50) ? "EXPLAIN" : "EXPLAIN PLAN FOR");
        return this.statement(statement.statement);
      case "set":
        this.key("SET");
        this.string(statement.key);
        this.put("=");
        return this.string(statement.value);
      case "drop":
        this.key("DROP");
        if (statement.temporary) this.key("TEMPORARY");
        if (statement.materialized) this.key("MATERIALIZED");
        this.key(statement.what + (statement.ifExists ? " IF EXISTS" : ""));
        return this.name(statement.name);
      case "create_function":
        this.key("CREATE");
        if (statement.temporary) this.key("TEMPORARY");
        this.key("FUNCTION");
        if (statement.ifNotExists) this.key("IF NOT EXISTS");
        this.name(statement.name);
        this.enclosed(() =>
          this.list(statement.params, ({ name, type }) => {
            this.identifier(name);
            this.type(type);
          })
        );
        this.key("RETURNS");
        this.type(statement.returns);
        this.key(`LANGUAGE ${statement.language} AS`);
        return this.string(statement.module.value);
      default:
        return this.create(statement);
    }
  }

  private create(statement: Extract<Statement, { kind: "create_table" | "create_view" }>): void {
    this.key("CREATE");
    if (statement.temporary) this.key("TEMPORARY");
    if (statement.kind === "create_view" && statement.materialized) this.key("MATERIALIZED");
    this.key(statement.kind === "create_view" ? "VIEW" : statement.what);
    if (statement.ifNotExists) this.key("IF NOT EXISTS");
    this.name(statement.name);
    if (statement.kind === "create_view") this.columns(statement.columns);
    else {
      const { watermark, primaryKey } = statement;
      const parts = [
        ...statement.columns.map((column) => () => this.definition(column)),
        ...(watermark ? [watermark] : []).map(({ column, expr }) => () => {
          this.key("WATERMARK FOR");
          this.name(column);
          this.key("AS");
          this.expression(expr);
        }),
        ...(primaryKey ? [primaryKey] : []).map(({ columns }) => () => {
          this.key("PRIMARY KEY");
          this.columns(columns);
          this.key("NOT ENFORCED");
        }),
      ];
      this.enclosed(() => this.list(parts, (write) => write()));
    }
    this.clause("COMMENT", statement.comment, (comment) => this.string(comment));
    if (statement.kind === "create_table" && statement.partitionedBy.length > 0) {
      this.key("PARTITIONED BY");
      this.columns(statement.partitionedBy);
    }
    this.options(statement.with);
    if (statement.query) {
      this.key("AS");
      this.query(statement.query);
    }
  }
}
