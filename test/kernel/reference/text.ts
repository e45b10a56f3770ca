// Functions of texts, one value at a time and by the plainest means; texts are sequences of code points.
import type { Value } from "../../../src/core/value.ts";

export const points = (text: string) => Array.from(text);
/** White space of one byte. */
const WHITE = /[\t-\r ]/;
const clamp = (count: bigint, most: number) => count < 0n ? 0 : count > BigInt(most) ? most : Number(count);

export function position(part: string, text: string, start = 1n): bigint {
  if (part === "") return 1n;
  const skipped = points(text).slice(0, clamp(start - 1n, points(text).length)).join("");
  const at = text.indexOf(part, skipped.length);
  return at < 0 ? 0n : BigInt(points(text.slice(0, at)).length + 1);
}

export function countText(text: string, part: string): bigint {
  return part === "" ? 0n : BigInt(text.split(part).length - 1);
}

export function splitIndex(text: string, separator: string, index: bigint): Value {
  if (text === "" || index < 0n || index > 1000n) return null;
  return text.split(separator === "" ? WHITE : separator)[Number(index)] ?? null;
}

export const left = (text: string, count: bigint) => points(text).slice(0, clamp(count, 1e6)).join("");
export const right = (text: string, count: bigint) =>
  points(text).slice(points(text).length - clamp(count, points(text).length)).join("");

/** `limit`: the bytes beyond which a text is NULL. */
export function repeat(text: string, count: bigint, limit: number): Value {
  if (count <= 0n || text === "") return "";
  return count * BigInt(new TextEncoder().encode(text).length) > BigInt(limit) ? null : text.repeat(Number(count));
}

export function pad(text: string, length: bigint, padding: string, atEnd: boolean, limit: number): Value {
  if (length < 0n || padding === "") return null;
  const characters = points(text), missing = Number(length) - characters.length;
  if (missing <= 0) return characters.slice(0, Number(length)).join("");
  if (missing > limit) return null;
  const one = points(padding), filled = Array.from({ length: missing }, (_, i) => one[i % one.length]).join("");
  return atEnd ? text + filled : filled + text;
}

export const reverse = (text: string) => points(text).reverse().join("");

export function initcap(text: string): string {
  return text.replace(/[A-Za-z0-9]+/g, (word) => word[0].toUpperCase() + word.slice(1).toLowerCase());
}

export function overlay(text: string, by: string, start: bigint, length = BigInt(points(by).length)): string {
  const characters = points(text);
  if (start < 1n || start > BigInt(characters.length)) return text;
  const cut = Number(start) - 1;
  return characters.slice(0, cut).join("") + by + characters.slice(cut + clamp(length, 1e6)).join("");
}

export function replace(text: string, part: string, by: string): string {
  return part === "" ? ["", ...points(text), ""].join(by) : text.split(part).join(by);
}

export function translate(text: string, from: string, to: string): string {
  return points(text).map((one) => {
    const place = points(from).indexOf(one);
    return place < 0 ? one : points(to)[place] ?? "";
  }).join("");
}

export function trim(text: string, set: string, start: boolean, end: boolean): string {
  const characters = points(text), has = (one: string | undefined) => one !== undefined && points(set).includes(one);
  while (start && has(characters[0])) characters.shift();
  while (end && has(characters.at(-1))) characters.pop();
  return characters.join("");
}

export function concatWith(separator: string | null, ...texts: (string | null)[]): Value {
  return separator === null ? null : texts.filter((text) => text !== null).join(separator);
}

export const ascii = (text: string) => BigInt(text.codePointAt(0) ?? 0);
export const chr = (code: bigint) => code < 0n ? "" : String.fromCharCode(Number(code & 255n));

/** By definition: the distance of the rests, one step at a time, remembered. */
export function levenshtein(a: string, b: string): bigint {
  const x = points(a), y = points(b), known = new Map<string, number>();
  const of = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i} ${j}`, found = known.get(key);
    if (found !== undefined) return found;
    const least = Math.min(of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + (x[i - 1] === y[j - 1] ? 0 : 1));
    known.set(key, least);
    return least;
  };
  return BigInt(of(x.length, y.length));
}
