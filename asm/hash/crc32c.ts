// CRC-32C (Castagnoli, RFC 3720): the reflected polynomial 0x82F63B78, eight bytes a step. Table k has what the byte
// at distance k from the end of a step does to the remainder; all eight fit into the L1 cache.
//
//   TABLES     256 × u32     256 × u32     …     256 × u32
//              k = 0         k = 1               k = 7

const POLYNOMIAL: u32 = 0x82F63B78;
const TABLE: usize = 1024;
const TABLES: usize = memory.data(8192, 16);

let made = false;

function make(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (POLYNOMIAL & (0 - (crc & 1)));
    store<u32>(TABLES + (<usize>byte << 2), crc);
  }
  for (let at: usize = 0; at < 7 * TABLE; at += 4) {
    const crc = load<u32>(TABLES + at);
    store<u32>(TABLES + at + TABLE, (crc >> 8) ^ load<u32>(TABLES + (<usize>(crc & 255) << 2)));
  }
  made = true;
}

@inline function after(table: usize, byte: u32): u32 {
  return load<u32>(TABLES + table * TABLE + (<usize>(byte & 255) << 2));
}

/** CRC-32C of `length` bytes at `at` behind those whose CRC is `before` (0: none). */
export function crc32c(at: usize, length: u32, before: u32): u32 {
  if (!made) make();
  let crc = ~before;
  for (; length >= 8; length -= 8, at += 8) {
    const low = load<u32>(at) ^ crc, high = load<u32>(at, 4);
    crc = after(7, low) ^ after(6, low >> 8) ^ after(5, low >> 16) ^ after(4, low >> 24) ^
      after(3, high) ^ after(2, high >> 8) ^ after(1, high >> 16) ^ after(0, high >> 24);
  }
  for (; length; length--, at++) crc = (crc >> 8) ^ after(0, crc ^ load<u8>(at));
  return ~crc;
}
