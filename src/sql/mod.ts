/** SQL: a script's way to plans. */
export {
  type CompiledSql,
  compileSql,
  compileSqlOrThrow,
  type SqlOptions,
  type SqlPipeline,
  type StreamDeclaration,
} from "./compile.ts";
export { describeProblem, snippet, type SqlProblem } from "./errors.ts";
export { type ParsedSql, parseSql } from "./parse.ts";
