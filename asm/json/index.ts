// What the JSON parser exports; src/kernel/json.ts is its face.
export { parse_base64 as json_parse_base64 } from "../text/base64";
export { parse_decimal_within as json_parse_decimal } from "../text/decimal";
export { json_exact_powers, parse_double as json_parse_double } from "../text/double";
export { parse_int64 as json_parse_int64 } from "../text/int64";
export { parse_timestamp as json_parse_timestamp } from "../text/timestamp";
export { json_compiles, json_match_integer, json_match_other } from "./code";
export { json_digit_vectors } from "./digits_simd";
export { json_next } from "./next";
export { json_begin, json_close, json_create, json_ready } from "./parser";
