import type { FunctionDefinition } from "./definition.ts";
import { ARITHMETIC_FUNCTIONS } from "./function/arithmetic.ts";
import { COMPARISON_FUNCTIONS } from "./function/comparison.ts";
import { CONDITIONAL_FUNCTIONS } from "./function/conditional.ts";
import { CONVERSION_FUNCTIONS } from "./function/conversion.ts";
import { LOGIC_FUNCTIONS } from "./function/logic.ts";
import { STRING_FUNCTIONS } from "./function/string.ts";
import { TIME_FUNCTIONS } from "./function/time.ts";

/** Every function of the language by its name: what expressions may call, and what SQL, the builder and schemas list. */
export const FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = new Map(
  [
    ...COMPARISON_FUNCTIONS,
    ...LOGIC_FUNCTIONS,
    ...ARITHMETIC_FUNCTIONS,
    ...CONDITIONAL_FUNCTIONS,
    ...STRING_FUNCTIONS,
    ...TIME_FUNCTIONS,
    ...CONVERSION_FUNCTIONS,
  ].map((definition) => [definition.name, definition]),
);
