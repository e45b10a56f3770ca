// SHA-224 and SHA-256, SHA-384 and SHA-512 (FIPS 180-4). The constants of the shorter ones are the upper halves of the
// longer ones': fractions of cube and square roots of primes.

const CONSTANTS: usize = memory.data<u64>([
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
  0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
  0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
  0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
  0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
  0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
  0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
  0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
  0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
  0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
  0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
  0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
  0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
  0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
  0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
]);
/** Fractions of the square roots of the first 16 primes: where SHA-256 and SHA-512 begin, then SHA-384 and SHA-224. */
const ROOTS: usize = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
  0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179, 0xcbbb9d5dc1059ed8, 0x629a292a367cd507,
  0x9159015a3070dd17, 0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7,
  0x47b5481dbefa4fa4,
]);
import { pad, STATE, tail, tailBytes, WORDS } from "./message";

const SHORT_BLOCK: usize = 64;
const LONG_BLOCK: usize = 128;

@inline function constant<T>(i: usize): T {
  return sizeof<T>() == 4 ? <T>load<u32>(CONSTANTS + (i << 3), 4) : <T>load<u64>(CONSTANTS + (i << 3));
}

@inline function smallSigma0<T>(x: T): T {
  if (sizeof<T>() == 4) return rotr<T>(x, <T>7) ^ rotr<T>(x, <T>18) ^ (x >>> <T>3);
  return rotr<T>(x, <T>1) ^ rotr<T>(x, <T>8) ^ (x >>> <T>7);
}

@inline function smallSigma1<T>(x: T): T {
  if (sizeof<T>() == 4) return rotr<T>(x, <T>17) ^ rotr<T>(x, <T>19) ^ (x >>> <T>10);
  return rotr<T>(x, <T>19) ^ rotr<T>(x, <T>61) ^ (x >>> <T>6);
}

@inline function bigSigma0<T>(x: T): T {
  if (sizeof<T>() == 4) return rotr<T>(x, <T>2) ^ rotr<T>(x, <T>13) ^ rotr<T>(x, <T>22);
  return rotr<T>(x, <T>28) ^ rotr<T>(x, <T>34) ^ rotr<T>(x, <T>39);
}

@inline function bigSigma1<T>(x: T): T {
  if (sizeof<T>() == 4) return rotr<T>(x, <T>6) ^ rotr<T>(x, <T>11) ^ rotr<T>(x, <T>25);
  return rotr<T>(x, <T>14) ^ rotr<T>(x, <T>18) ^ rotr<T>(x, <T>41);
}

/** Word i of the schedule or of the state. */
@inline function word<T>(at: usize, i: usize): usize {
  return at + i * sizeof<T>();
}

/** Takes one block into the state. */
function take<T>(block: usize): void {
  const rounds: usize = sizeof<T>() == 4 ? 64 : 80;
  for (let i: usize = 0; i < 16; i++) store<T>(word<T>(WORDS, i), bswap<T>(load<T>(word<T>(block, i))));
  for (let i: usize = 16; i < rounds; i++) {
    const older = load<T>(word<T>(WORDS, i - 16)) + smallSigma0<T>(load<T>(word<T>(WORDS, i - 15)));
    store<T>(word<T>(WORDS, i), older + load<T>(word<T>(WORDS, i - 7)) + smallSigma1<T>(load<T>(word<T>(WORDS, i - 2))));
  }
  let a = load<T>(word<T>(STATE, 0)), b = load<T>(word<T>(STATE, 1)), c = load<T>(word<T>(STATE, 2));
  let d = load<T>(word<T>(STATE, 3)), e = load<T>(word<T>(STATE, 4)), f = load<T>(word<T>(STATE, 5));
  let g = load<T>(word<T>(STATE, 6)), h = load<T>(word<T>(STATE, 7));
  for (let i: usize = 0; i < rounds; i++) {
    const first = h + bigSigma1<T>(e) + ((e & f) ^ (~e & g)) + constant<T>(i) + load<T>(word<T>(WORDS, i));
    const second = bigSigma0<T>(a) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  add<T>(0, a);
  add<T>(1, b);
  add<T>(2, c);
  add<T>(3, d);
  add<T>(4, e);
  add<T>(5, f);
  add<T>(6, g);
  add<T>(7, h);
}

@inline function add<T>(i: usize, x: T): void {
  store<T>(word<T>(STATE, i), load<T>(word<T>(STATE, i)) + x);
}

function digest<T>(at: usize, n: usize, block: usize): void {
  pad(at, n, block, true);
  for (const end = at + n - (n & (block - 1)); at < end; at += block) take<T>(at);
  for (let done: usize = 0; done < tailBytes; done += block) take<T>(tail + done);
  for (let i: usize = 0; i < 8; i++) store<T>(word<T>(STATE, i), bswap<T>(load<T>(word<T>(STATE, i))));
}

/** The digest of n bytes at `at`, in STATE. `bits`: 224, 256, 384 or 512. */
export function sha2(at: usize, n: usize, bits: u32): void {
  for (let i: usize = 0; i < 8; i++) {
    const later = bits == 384 || bits == 224, root = ROOTS + ((i + (later ? 8 : 0)) << 3);
    if (bits > 256) store<u64>(STATE + (i << 3), load<u64>(root));
    else store<u32>(STATE + (i << 2), bits == 224 ? load<u32>(root) : load<u32>(root, 4));
  }
  if (bits > 256) digest<u64>(at, n, LONG_BLOCK);
  else digest<u32>(at, n, SHORT_BLOCK);
}
