// Expression kernels: one call computes one operator over all rows of a batch. Their common shape is told in
// register.ts.
export { expr_compare_bool, expr_compare_double, expr_compare_int } from "./compare";
export { expr_is_bool, expr_is_null, expr_logic, expr_not } from "./logic";
export { expr_broadcast, expr_select } from "./select";
export { expr_filter } from "./filter";
export { expr_int, expr_int_sign } from "./int";
export { expr_double, expr_double_unary } from "./double";
export {
  expr_compare_decimal, expr_decimal_div, expr_decimal_mod, expr_decimal_mul, expr_decimal_rescale,
} from "./decimal";
export {
  expr_bool_to_int, expr_double_round, expr_double_to_decimal, expr_double_to_int, expr_to_double,
} from "./cast_number";
export { expr_date_part, expr_date_trunc } from "./date";
export { expr_base64, expr_bool_to_string, expr_bytes_to_string, expr_parse, expr_to_string } from "./cast_text";
export { expr_in_double, expr_in_int } from "./in";
export { expr_in_string, expr_string_test } from "./string_test";
export { expr_concat, expr_length, expr_string_case, expr_substring, expr_trim } from "./string_make";
export { expr_wide, expr_wide_compare, expr_wide_rescale, expr_wide_sign } from "./wide";
export { expr_double_to_wide, expr_wide_parse, expr_wide_to_double, expr_wide_to_string } from "./wide_cast";
