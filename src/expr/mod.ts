/** The expression language: its JSON form, its functions, and the way from there to programs for kernels. */
export { type CompiledExpression, compileExpression, nullable, typeOf } from "./compile.ts";
export type { FunctionDefinition } from "./definition.ts";
export {
  type CallExpression,
  type ColumnExpression,
  columnsOf,
  type Expression,
  isCall,
  isColumn,
  isLiteral,
  type LiteralExpression,
} from "./expression.ts";
export { FUNCTIONS } from "./functions.ts";
export { expressionSchema } from "./schema.ts";
