import { RdxError } from "../../core/errors.ts";

/** Addresses whose first `prefix` bits are those of `bits`. */
export interface AddressRange {
  readonly bits: bigint;
  readonly width: 32 | 128;
  readonly prefix: number;
}

/** Ranges of IPv4 that are no servers of the open network (IANA's registry of special addresses). */
const CLOSED_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
].map(rangeOf);
/** The only range of IPv6 that is given out, and what of it is special. */
const OPEN_V6 = rangeOf("2000::/3");
const CLOSED_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].map(rangeOf);
/** IPv4 within IPv6. */
const MAPPED = rangeOf("::ffff:0:0/96");
const V4_BITS = (1n << 32n) - 1n;

/** An address, or a range as in `10.0.0.0/8`. Throws RdxError("invalid") for what is none. */
export function rangeOf(text: string): AddressRange {
  const [address, prefix, ...more] = text.split("/"), bits = bitsOf(address);
  const width = address.includes(":") ? 128 : 32, length = prefix === undefined ? width : Number(prefix);
  if (bits === null || more.length > 0 || !/^\d*$/.test(prefix ?? "") || length > width) {
    throw new RdxError("invalid", `${text} is no address and no range of addresses, such as 10.0.0.0/8`);
  }
  return { bits, width, prefix: length };
}

/** Whether an address (as a resolver gives it) may be asked: it is in the open network, or in one of the ranges that are allowed. */
export function mayAsk(address: string, allowed: readonly AddressRange[]): boolean {
  const plain = address.replace(/%.*$/, ""), bits = bitsOf(plain);
  if (bits === null) return false;
  const isV6 = plain.includes(":");
  if (isV6 && contains(MAPPED, bits, 128)) return mayAskBits(bits & V4_BITS, 32, allowed);
  return mayAskBits(bits, isV6 ? 128 : 32, allowed);
}

function mayAskBits(bits: bigint, width: 32 | 128, allowed: readonly AddressRange[]): boolean {
  const within = (range: AddressRange) => contains(range, bits, width);
  if (allowed.some(within)) return true;
  return width === 32 ? !CLOSED_V4.some(within) : within(OPEN_V6) && !CLOSED_V6.some(within);
}

function contains(range: AddressRange, bits: bigint, width: number): boolean {
  const rest = BigInt(range.width - range.prefix);
  return range.width === width && range.bits >> rest === bits >> rest;
}

function bitsOf(address: string): bigint | null {
  return address.includes(":") ? bitsOfV6(address) : bitsOfV4(address);
}

function bitsOfV4(text: string): bigint | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match || match.slice(1).some((part) => Number(part) > 255)) return null;
  return match.slice(1).reduce((bits, part) => bits << 8n | BigInt(part), 0n);
}

function bitsOfV6(text: string): bigint | null {
  const v4 = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text), tail = v4 && bitsOfV4(v4[2]);
  if (v4 && tail === null) return null;
  const plain = v4 ? `${v4[1]}${(tail! >> 16n).toString(16)}:${(tail! & 0xffffn).toString(16)}` : text;
  const [head, end, ...more] = plain.split("::");
  if (more.length > 0) return null;
  const groups = (part: string | undefined) => part ? part.split(":") : [];
  const front = groups(head), back = groups(end), missing = 8 - front.length - back.length;
  if (end === undefined ? missing !== 0 : missing < 1) return null;
  const all = [...front, ...Array<string>(Math.max(0, missing)).fill("0"), ...back];
  if (all.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return null;
  return all.reduce((bits, group) => bits << 16n | BigInt(`0x${group}`), 0n);
}
