import { BOOL, type DataType, isVariable, sameType } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { cellText } from "../literal.ts";
import { fitsInt64, parseExact, scaledTo } from "../number.ts";
import { isNumber } from "../type.ts";
import type { TypedValue } from "../value.ts";
import { compare, COMPARISONS } from "./compare.ts";

/** The cell that equals a literal in a column of `type`: undefined if no value of the column can, null if types do not go together. */
function cellOf(type: DataType, literalType: DataType, text: string): string | undefined | null {
  if (type.kind === "double") return isNumber(literalType) ? doubleCell(literalType, text) : null;
  if (isNumber(type)) {
    if (!isNumber(literalType)) return null;
    const exact = parseExact(text), scale = literalType.scale ?? 0;
    if (exact === null) return undefined;
    const value = parseExact(`${exact.digits}e-${exact.scale + scale}`);
    const cell = value && scaledTo(value, type.scale ?? 0);
    return cell === null || (type.kind !== "decimal128" && !fitsInt64(cell)) ? undefined : String(cell);
  }
  if (type.nested || literalType.nested) return sameType(type, literalType) ? text : null;
  if (type.kind === literalType.kind) return text;
  return type.kind === "timestamp" && literalType.kind === "string" ? cellText(type, text) : null;
}

function doubleCell(literalType: DataType, text: string): string | undefined {
  const value = Number(literalType.scale ? `${text}e-${literalType.scale}` : text);
  return Number.isNaN(value) ? undefined : String(value);
}

/** Sorted as the kernels search: numbers ascending, which orders the cells of wide decimals too, strings and bytes by length and then by bytes; each once. */
function sorted(type: DataType, cells: readonly string[]): string[] {
  const distinct = [...new Set(cells)];
  if (type.kind === "double") return distinct.sort((a, b) => Number(a) - Number(b));
  if (!isVariable(type) || type.kind === "decimal128") {
    return distinct.sort((a, b) => Number(BigInt(a) > BigInt(b)) - Number(BigInt(a) < BigInt(b)));
  }
  const encoder = new TextEncoder();
  const bytesOf = (text: string) =>
    type.kind === "string" ? encoder.encode(text) : Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const keyed = distinct.map((text) => ({ text, bytes: bytesOf(text) }));
  keyed.sort((a, b) => a.bytes.length - b.bytes.length || order(a.bytes, b.bytes));
  return keyed.map(({ text }) => text);
}

function order(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

/**
 * x IN (…): literals become one list, everything else (and doubles, which other numbers equal by rounding) an equality of
 * its own; they are joined by OR.
 */
export function inList(call: CallSite): TypedValue | null {
  const [x] = call.args, type = x.type;
  if (type === null) return call.nullOf(BOOL);
  const cells: string[] = [], terms: TypedValue[] = [];
  let failed = false, hasNull = false;
  call.args.forEach((value, i) => {
    if (i === 0) return;
    const text = value.literal?.text;
    if (value.type === null || text === null) hasNull = true;
    else if (text === undefined || type.kind === "bool" || (value.type.kind === "double" && type.kind !== "double")) {
      const equal = compare(call, COMPARISONS.eq, 0, i);
      if (equal) terms.push(equal);
      else failed = true;
    } else {
      const cell = cellOf(type, value.type, text);
      if (cell === null) failed = call.mismatch(i, type.kind) === null;
      else if (cell !== undefined) cells.push(cell);
    }
  });
  if (failed) return null;
  if (type.kind !== "bool" && (cells.length > 0 || terms.length === 0)) {
    const list = call.emitter.constant({ type, values: sorted(type, cells) });
    const kernel = isVariable(type) ? "expr_in_string" : type.kind === "double" ? "expr_in_double" : "expr_in_int";
    const register = call.emitter.call(kernel, 0, [x.register, list], BOOL);
    terms.unshift({ type: BOOL, nullable: x.nullable, register });
  }
  if (hasNull) terms.push(call.nullOf(BOOL));
  return terms.reduce((all, term) => call.emit("expr_logic", 1, BOOL, [all, term]));
}
