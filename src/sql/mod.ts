/** SQL: a script's way to plans. */
export {
  catalogWith,
  type CompiledSql,
  compileSql,
  compileSqlOrThrow,
  type Result,
  type SqlOptions,
  type SqlPipeline,
  type StreamDeclaration,
} from "./compile.ts";
export { formatSql } from "./format.ts";
export { type ClassifiedToken, type TokenClass, tokenize } from "./highlight.ts";
export { type Completion, type CompletionCatalogue, type Completions, completionsAt } from "./highlight_completions.ts";
export { describeProblem, snippet, type SqlProblem } from "./errors.ts";
export { SQL_FUNCTIONS, type SqlFunction } from "./function_list.ts";
export { type ParsedSql, parseSql } from "./parse.ts";
