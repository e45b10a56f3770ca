import * as L from "./csv_layout.ts";
import type { RowError } from "./json.ts";

/** What is wrong with a header: a reason, and where if it is known. */
export type HeaderProblem = Partial<RowError> & { readonly reason: string };

/** Why a row was rejected, in words, from a reason of asm/csv/layout.ts; `type` is the column's. */
export function reasonText(reason: number, type: string): string {
  switch (reason) {
    case L.REASON_STRAY_QUOTE:
      return "Quote inside a field that does not begin with one";
    case L.REASON_AFTER_QUOTE:
      return "Text behind a closing quote";
    case L.REASON_UNTERMINATED:
      return "Quoted field does not end";
    case L.REASON_TOO_FEW:
      return "Too few fields";
    case L.REASON_TOO_MANY:
      return "Too many fields";
    case L.REASON_UTF8:
      return "Invalid UTF-8";
    case L.REASON_MISSING:
      return "Missing column, which is not nullable";
    case L.REASON_NULL:
      return "Cannot use NULL: the column is not nullable";
    case L.REASON_RANGE:
      return `Number out of range for ${type}`;
    case L.REASON_INEXACT:
      return `Number has more decimal places than ${type} holds`;
    default:
      return `Expected ${type}, got text that is not of its form`;
  }
}

/** The error of an input whose header cannot be used. */
export function headerError(problem: HeaderProblem): RowError {
  return { line: 1, column: 1, field: null, start: 0, end: 0, mismatch: false, ...problem };
}
