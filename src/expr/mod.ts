/** The expression language: its JSON form, its functions, and the way from there to programs for kernels. */
export { type CompiledExpression, compileExpression, nullable, typeOf } from "./compile.ts";
export { type Example, type FunctionDefinition, type FunctionGroup, GROUPS } from "./definition.ts";
export { functionsMarkdown } from "./document.ts";
export {
  type CallExpression,
  type ColumnExpression,
  columnsOf,
  type Expression,
  isCall,
  isColumn,
  isLiteral,
  type JsonComposed,
  type LiteralExpression,
} from "./expression.ts";
export { findFunction, FUNCTIONS } from "./functions.ts";
export { type Refusal, refusal } from "./refused.ts";
export { expressionSchema } from "./schema.ts";
export { batchTypeInstead, nameProblem, signatureOf } from "./user_function.ts";
