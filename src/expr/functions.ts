import type { FunctionDefinition } from "./definition.ts";
import { ARITHMETIC_FUNCTIONS } from "./function/arithmetic.ts";
import { ARRAY_FUNCTIONS } from "./function/array.ts";
import { BIT_FUNCTIONS } from "./function/bits.ts";
import { COMPARISON_FUNCTIONS } from "./function/comparison.ts";
import { CONDITIONAL_FUNCTIONS } from "./function/conditional.ts";
import { CONVERSION_FUNCTIONS } from "./function/conversion.ts";
import { ENCODING_FUNCTIONS } from "./function/encoding.ts";
import { HASH_FUNCTIONS } from "./function/hash.ts";
import { JSON_FUNCTIONS } from "./function/json.ts";
import { NESTED_FUNCTIONS } from "./function/nested.ts";
import { LOGIC_FUNCTIONS } from "./function/logic.ts";
import { MATH_FUNCTIONS } from "./function/math.ts";
import { REGEXP_FUNCTIONS } from "./function/regexp.ts";
import { STRING_FUNCTIONS } from "./function/string.ts";
import { STRING_FIND_FUNCTIONS } from "./function/string_find.ts";
import { STRING_MAKE_FUNCTIONS } from "./function/string_make.ts";
import { STRING_MEASURE_FUNCTIONS } from "./function/string_measure.ts";
import { TIME_FUNCTIONS } from "./function/time.ts";
import { TIME_UNIT_FUNCTIONS } from "./function/time_unit.ts";

const ALL: readonly FunctionDefinition[] = [
  ...COMPARISON_FUNCTIONS,
  ...LOGIC_FUNCTIONS,
  ...CONDITIONAL_FUNCTIONS,
  ...ARITHMETIC_FUNCTIONS,
  ...MATH_FUNCTIONS,
  ...BIT_FUNCTIONS,
  ...STRING_FUNCTIONS,
  ...STRING_FIND_FUNCTIONS,
  ...STRING_MAKE_FUNCTIONS,
  ...STRING_MEASURE_FUNCTIONS,
  ...REGEXP_FUNCTIONS,
  ...TIME_UNIT_FUNCTIONS,
  ...TIME_FUNCTIONS,
  ...CONVERSION_FUNCTIONS,
  ...ENCODING_FUNCTIONS,
  ...HASH_FUNCTIONS,
  ...JSON_FUNCTIONS,
  ...ARRAY_FUNCTIONS,
  ...NESTED_FUNCTIONS,
];

/** Every function of the language by its name: what expressions may call, and what SQL, the builder and schemas list. */
export const FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = new Map(
  ALL.map((definition) => [definition.name, definition]),
);

const NAMES: ReadonlyMap<string, FunctionDefinition> = new Map(
  ALL.flatMap((definition) => [definition.name, ...definition.aliases ?? []].map((name) => [name, definition])),
);

/** The function that SQL calls `name`, by its name or an alias; case does not count. Null if there is none. */
export function findFunction(name: string): FunctionDefinition | null {
  return NAMES.get(name.toLowerCase()) ?? null;
}
