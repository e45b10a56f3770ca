// Kernels of digests and hashes of texts and bytes.
import { NO_MEMORY } from "../../expr/register";
import { refAddress, refLength } from "../../expr/text";
import { begin, cell, fail, finish, next, result } from "../cursor";
import { keepText, openText } from "../writer";
import { md5OrSha1 } from "./md5";
import { putHex, STATE } from "./message";
import { crc32, murmur2, xxhash64 } from "./number";
import { sha2 } from "./sha2";

const SMALL_A: u32 = 0x61;

/** The digest of a as small hexadecimal digits. Codes: its bits: 128 MD5, 160 SHA-1, 224, 256, 384, 512 SHA-2. */
export function fn_digest(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a)), n = refLength(cell(a));
    if (code < 224) md5OrSha1(at, n, code == 160);
    else sha2(at, n, code);
    openText();
    if (putHex(STATE, <usize>(code >>> 3), SMALL_A)) keepText(result());
    else fail();
  }
  return finish();
}

/** Codes: 0 CRC-32, from 0 on; 1 XXH64 with seed 0, its bits as int64; 2 Kafka's murmur2, with its sign: int64. */
export function fn_hash(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a)), n = refLength(cell(a));
    store<i64>(result(), code == 0 ? <i64>crc32(at, n) : code == 1 ? <i64>xxhash64(at, n) : <i64>murmur2(at, n));
  }
  return finish();
}
