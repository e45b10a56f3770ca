import { BYTES, DECIMAL128, STRING } from "./layout";

/** Cells are REFs to bytes: strings, bytes, and decimals of more than 18 digits (asm/decimal/cell.ts). */
@inline export function isVariable(type: u32): bool {
  return type == STRING || type == BYTES || type == DECIMAL128;
}
