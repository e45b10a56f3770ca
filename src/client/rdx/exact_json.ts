/** A whole number of so many digits may be beyond 2^53. It stands behind one of these, so that long fractions do not match. */
const LONG_INTEGER = /(?:^|[\s:,[-])\d{16}/;

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** Whether the platform tells a reviver what stood in the text (Chromium, Deno, Node from 21 on, Firefox from 135 on). */
const SOURCE_IS_TOLD = tellsSource();

function tellsSource(): boolean {
  let told = false;
  const look: Reviver = (_key, value, context) => {
    told = context?.source === "1";
    return value;
  };
  JSON.parse("1", look as (key: string, value: unknown) => unknown);
  return told;
}

const exactly: Reviver = (_key, value, context) =>
  typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
    ? BigInt(context!.source!)
    : value;

/** Whether the text may hold such a number. */
export function mayBeLong(text: string): boolean {
  return LONG_INTEGER.test(text);
}

/**
 * JSON.parse, but for whole numbers beyond 2^53, which become bigints where the platform lets them; elsewhere they are the nearest double.
 * Text without such numbers takes the usual, fast way; `long` says whether there may be any, to who knows. Throws SyntaxError.
 */
export function parseExact(text: string, long = mayBeLong(text)): unknown {
  return SOURCE_IS_TOLD && long
    ? JSON.parse(text, exactly as (key: string, value: unknown) => unknown)
    : JSON.parse(text);
}

/** JSON.stringify, but for bigints, which become whole numbers. Throws TypeError for what has no JSON. */
export function writeExact(value: unknown): string {
  try {
    return writeText(JSON.stringify(value));
  } catch (thrown) {
    if (!(thrown instanceof TypeError) || !/bigint/i.test(thrown.message)) throw thrown;
  }
  return writeText(encode(value, 0));
}

/** Deeper values have no end, or none that the server reads. */
const DEPTH_MAX = 1000;

function encode(value: unknown, depth: number): string | undefined {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (depth > DEPTH_MAX) throw new TypeError("Cannot write a value that is nested without end");
  const plain = (value as { toJSON?: () => unknown }).toJSON;
  if (typeof plain === "function") return encode(plain.call(value), depth + 1);
  if (Array.isArray(value)) return `[${value.map((item) => encode(item, depth + 1) ?? "null").join()}]`;
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const text = encode(member, depth + 1);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join()}}`;
}

function writeText(text: string | undefined): string {
  if (text === undefined) throw new TypeError("Cannot write a value that JSON does not have");
  return text;
}
