// What the module of functions exports. Their shape is that of expression kernels (asm/expr/register.ts); a kernel of
// a list of operands has the address of their REGISTERs' addresses in `a` and their number in `b`.
export { fn_limit } from "./writer";

/** Where the static data of this module end. */
export function fn_data_end(): usize {
  return __heap_base;
}
export { fn_math, fn_math_two } from "./math/index";
export { fn_bits, fn_digits, fn_order_key, fn_sign, fn_width_bucket } from "./number";
export { fn_count_text, fn_position, fn_split_index } from "./text/find";
export { fn_initcap, fn_overlay, fn_pad, fn_repeat, fn_reverse, fn_side } from "./text/shape";
export { fn_concat_ws, fn_replace, fn_translate, fn_trim } from "./text/replace";
export { fn_ascii, fn_chr, fn_levenshtein, fn_only, fn_soundex } from "./text/measure";
export { fn_regexp, fn_regexp_count, fn_regexp_extract, fn_regexp_replace } from "./regexp/index";
export { fn_add_months, fn_date_ceil, fn_last_day, fn_make_timestamp, fn_months_between } from "./time/months";
export { fn_date_format } from "./time/format";
export { fn_parse_time } from "./time/parse";
export { fn_digest, fn_hash } from "./hash/index";
export { fn_hex } from "./encoding/hex";
export { fn_parse_url, fn_url_code } from "./encoding/url";
export {
  fn_is_json, fn_json_build, fn_json_length, fn_json_query, fn_json_quote, fn_json_state, fn_json_value,
} from "./json/index";
export { fn_json_element, fn_json_join, fn_json_position, fn_split } from "./json/array";
export { fn_nested_cast } from "./nested/cast";
export { fn_nested_both, fn_nested_extreme, fn_nested_list, fn_nested_slice, fn_nested_sort } from "./nested/list";
export { fn_nested_item, fn_nested_member, fn_nested_only, fn_nested_parse, fn_nested_text } from "./nested/take";
