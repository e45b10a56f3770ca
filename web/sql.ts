/** What the page's editor of SQL is made of, as `dist/rdx-sql.js`: it is loaded when somebody writes SQL. */
import { formatSql } from "../src/sql/format.ts";
import { tokenize } from "../src/sql/highlight.ts";
import { completionsAt } from "../src/sql/highlight_completions.ts";
import { parseSql } from "../src/sql/parse.ts";
import { quoteName } from "../src/sql/tokens.ts";
import type { SqlTools } from "./page_model/sql_tools.ts";

/** The language, for whoever imports the bundle. */
export const tools: SqlTools = {
  pieces: tokenize,
  mistakes: (text) => parseSql(text).problems.map(({ at, ...told }) => ({ ...told, start: at.start, end: at.end })),
  choices: completionsAt,
  tidy: (text) => parseSql(text).problems.length > 0 ? null : formatSql(text),
  quote: quoteName,
};
