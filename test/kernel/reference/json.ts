import type { Column, DataType } from "../../../src/core/schema.ts";

/** A value as tests compare it: int64, decimal and timestamp as bigint, bytes as hexadecimal text. */
export type Value = bigint | number | boolean | string | null;

export interface ReferenceError {
  line: number;
  field: string | null;
  mismatch: boolean;
}

export interface ReferenceResult {
  rows: Value[][];
  errors: ReferenceError[];
  unknown: boolean;
  fatal: boolean;
}

interface Node {
  kind: "object" | "array" | "string" | "number" | "word";
  raw: string;
  at: number;
  text: string;
  entries: [string, Node][];
  items: Node[];
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):?(\d\d))?)?$/;
const MISFIT = Symbol("misfit");

/** The tree of a text that JSON.parse accepts, with its raw texts; it throws if the text is deeper than `depthMax`. */
function treeOf(text: string, depthMax: number): Node {
  let at = 0;
  const white = () => {
    while (" \t\r\n".includes(text[at]) && at < text.length) at++;
  };
  const string = () => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    return text.slice(start, ++at);
  };
  const value = (depth: number): Node => {
    white();
    const start = at, c = text[at];
    const node = (kind: Node["kind"], more: Partial<Node> = {}): Node => {
      return { kind, raw: text.slice(start, at), at: start, text: "", entries: [], items: [], ...more };
    };
    if (c === '"') {
      const raw = string();
      return node("string", { text: (JSON.parse(raw) as string).toWellFormed() });
    }
    if (c !== "{" && c !== "[") {
      while (at < text.length && !",]} \t\r\n".includes(text[at])) at++;
      return node(c === "-" || (c >= "0" && c <= "9") ? "number" : "word");
    }
    if (depth === depthMax) throw new RangeError("too deep");
    const entries: [string, Node][] = [], items: Node[] = [];
    at++;
    for (white(); text[at] !== "}" && text[at] !== "]"; white()) {
      if (text[at] === ",") {
        at++;
        white();
      }
      if (c === "[") items.push(value(depth + 1));
      else {
        const key = (JSON.parse(string()) as string).toWellFormed();
        white();
        at++;
        entries.push([key, value(depth + 1)]);
      }
    }
    at++;
    return node(c === "{" ? "object" : "array", { entries, items });
  };
  return value(0);
}

/** The number times 10^scale, exactly, or a misfit. */
function scaledOf(text: string, scale: number, bits = 64): bigint | typeof MISFIT {
  const match = NUMBER.exec(text);
  if (!match || (match[2] + (match[3] ?? "")) === "") return MISFIT;
  const digits = BigInt(match[2] + (match[3] ?? ""));
  if (digits === 0n) return 0n;
  const shift = BigInt(match[4] ?? 0) - BigInt(match[3]?.length ?? 0) + BigInt(scale);
  if (shift > 60n || shift < -100_000n) return MISFIT;
  if (shift < 0n && digits % 10n ** -shift !== 0n) return MISFIT;
  const magnitude = shift < 0n ? digits / 10n ** -shift : digits * 10n ** shift;
  const value = match[1] === "-" ? -magnitude : magnitude;
  return BigInt.asIntN(bits, value) === value ? value : MISFIT;
}

function decimalOf(text: string, type: DataType): Value | typeof MISFIT {
  const value = scaledOf(text, type.scale!, 256), limit = 10n ** BigInt(type.precision!);
  return value === MISFIT || value >= limit || value <= -limit ? MISFIT : value;
}

function timestampOf(text: string): Value | typeof MISFIT {
  const match = TIMESTAMP.exec(text);
  if (!match) return MISFIT;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const zoneHour = Number(match[9] ?? 0), zoneMinute = Number(match[10] ?? 0);
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return MISFIT;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return MISFIT;
  const ms = Number(((match[7] ?? "") + "000").slice(0, 3));
  const zone = (match[8] === "-" ? -1 : 1) * (zoneHour * 60 + zoneMinute);
  return BigInt(date.getTime() + ((hour * 60 + minute - zone) * 60 + second) * 1000 + ms);
}

function bytesOf(text: string): Value | typeof MISFIT {
  const digits = text.length % 4 === 0 ? text.replace(/={1,2}$/, "") : text;
  if (!/^[A-Za-z0-9+/]*$/.test(digits) || digits.length % 4 === 1) return MISFIT;
  const binary = atob(digits);
  if (btoa(binary).replace(/=+$/, "") !== digits) return MISFIT;
  return Array.from(binary, (c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

function numberOf(raw: string, type: DataType): Value | typeof MISFIT {
  switch (type.kind) {
    case "int64":
    case "timestamp":
      return scaledOf(raw, 0);
    case "decimal":
    case "decimal128":
      return decimalOf(raw, type);
    case "double":
      return Number.isFinite(Number(raw)) ? Number(raw) : MISFIT;
    default:
      return MISFIT;
  }
}

function valueOf(node: Node, type: DataType, coerce: boolean): Value | typeof MISFIT {
  if (node.raw === "null") return null;
  if (node.kind === "string") {
    switch (type.kind) {
      case "string":
        return node.text;
      case "int64":
        return scaledOf(node.text, 0);
      case "decimal":
      case "decimal128":
        return decimalOf(node.text, type);
      case "timestamp":
        return timestampOf(node.text);
      case "bytes":
        return bytesOf(node.text);
      default:
        return MISFIT;
    }
  }
  if (type.kind === "string") return coerce ? node.raw : MISFIT;
  if (node.kind === "number") return numberOf(node.raw, type);
  return node.kind === "word" && type.kind === "bool" ? node.raw === "true" : MISFIT;
}

interface Found {
  node: Node;
  /** The keys on the way to the value. */
  path: string[];
}

/** Gives every column the last value under its key or path; returns whether another key was seen. */
function find(row: Node, columns: readonly Column[], found: (Found | undefined)[]): boolean {
  let unknown = false;
  const visit = (node: Node, path: string[]) => {
    const seen = new Set<string>();
    for (const [key, value] of node.entries) {
      const here = [...path, key];
      const under = columns.map(({ name }) => {
        const parts = name.split(".");
        return parts.length > here.length && !parts.includes("") && here.every((part, i) => parts[i] === part);
      });
      if (seen.has(key) && under.includes(true)) {
        found.forEach((at, i) => {
          if (at && at.path.length > here.length && here.every((part, j) => at.path[j] === part)) found[i] = undefined;
        });
      }
      seen.add(key);
      const column = columns.findIndex(({ name }) => {
        const parts = name.split(".");
        if (path.length === 0 && name === key) return true;
        return path.length > 0 && parts.length === here.length && here.every((part, i) => parts[i] === part);
      });
      if (column >= 0) found[column] = { node: value, path: here };
      if (under.includes(true)) {
        if (value.kind === "object") visit(value, here);
      } else if (column < 0) unknown = true;
    }
  };
  visit(row, []);
  return unknown;
}

/** One row's values, or the field that does not fit (null: it is no object). */
function rowOf(
  row: Node,
  columns: readonly Column[],
  coerce: boolean,
  result: ReferenceResult,
): Value[] | { field: string | null } {
  if (row.kind !== "object") return { field: null };
  const found: (Found | undefined)[] = columns.map(() => undefined);
  if (find(row, columns, found)) result.unknown = true;
  const values = columns.map((column, i) => found[i] ? valueOf(found[i].node, column.type, coerce) : null);
  const misfit = (i: number) => values[i] === MISFIT || (values[i] === null && found[i] && !columns[i].nullable);
  const bad = columns.map((_, i) => i).filter(misfit).sort((a, b) => found[a]!.node.at - found[b]!.node.at);
  if (bad.length > 0) return { field: columns[bad[0]].name };
  const missing = columns.findIndex((column, i) => !found[i] && !column.nullable);
  return missing >= 0 ? { field: columns[missing].name } : values as Value[];
}

/** The tree of a text in UTF-8, or null if it is no JSON. */
function parse(bytes: Uint8Array, depthMax: number): Node | null {
  try {
    const text = decoder.decode(bytes);
    JSON.parse(text);
    return treeOf(text, depthMax);
  } catch {
    return null;
  }
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** What JsonParser is to make of NDJSON, by JSON.parse and a fatal TextDecoder, line by line. */
export function referenceLines(
  all: Uint8Array,
  columns: readonly Column[],
  coerce: boolean,
  depthMax: number,
): ReferenceResult {
  const result: ReferenceResult = { rows: [], errors: [], unknown: false, fatal: false };
  const bytes = withoutMark(all);
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    let end = bytes.indexOf(10, start);
    if (end < 0) end = bytes.length;
    const text = bytes.subarray(start, end);
    start = end + 1;
    line++;
    if (text.every((c) => c === 0x20 || c === 9 || c === 13)) continue;
    const tree = parse(text, depthMax);
    if (!tree) {
      result.errors.push({ line, field: null, mismatch: false });
      continue;
    }
    const row = rowOf(tree, columns, coerce, result);
    if (Array.isArray(row)) result.rows.push(row);
    else result.errors.push({ line, field: row.field, mismatch: true });
  }
  return result;
}

/** What JsonParser is to make of one JSON text. Of a text that is no JSON only `fatal` is told. */
export function referenceText(
  all: Uint8Array,
  columns: readonly Column[],
  coerce: boolean,
  depthMax: number,
): ReferenceResult {
  const result: ReferenceResult = { rows: [], errors: [], unknown: false, fatal: false };
  const tree = parse(withoutMark(all), depthMax + 1);
  if (!tree) return { ...result, fatal: true };
  for (const element of tree.kind === "array" ? tree.items : [tree]) {
    const row = rowOf(element, columns, coerce, result);
    if (Array.isArray(row)) result.rows.push(row);
    else result.errors.push({ line: 0, field: row.field, mismatch: true });
  }
  return result;
}
