import type { Column } from "../core/schema.ts";
import { LookupFailure, type LookupShape } from "../lookup.ts";
import type { AnswerBuilder } from "./answer.ts";
import { Misfit } from "./cells.ts";
import { type Keys, textOf } from "./http_question.ts";
import { fromJson, parseJson } from "./json_cells.ts";

type Members = Readonly<Record<string, unknown>>;

/** Takes the rows of an answer in JSON for some keys, whatever their order. Throws LookupFailure for what makes no sense. */
export function takeRows(
  text: string,
  keys: Keys,
  shape: LookupShape,
  member: string | null,
  answer: AnswerBuilder,
): void {
  const numbers = new Map<string, number>();
  for (let row = keys.from; row < keys.to; row++) {
    const values = keys.columns.map((column, i) => textOf(keys.view.value(row, i), column));
    numbers.set(JSON.stringify(values), row);
  }
  const byKey = new Map<number, Members[]>();
  for (const row of rowsIn(text, member)) {
    const number = numberOf(row, keys, numbers), rows = byKey.get(number);
    if (rows) rows.push(row);
    else byKey.set(number, [row]);
  }
  for (const [number, rows] of [...byKey].sort(([a], [b]) => a - b)) {
    for (const row of rows) answer.add(number, () => shape.columns.map((column) => valueIn(row, column, shape)));
  }
}

function rowsIn(text: string, member: string | null): readonly Members[] {
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch {
    throw new LookupFailure(`The answer is no JSON: ${JSON.stringify(text.slice(0, 60))}`, true);
  }
  const found = member === null
    ? parsed
    : isMembers(parsed) && Object.hasOwn(parsed, member)
    ? parsed[member]
    : undefined;
  if (found === undefined) throw new LookupFailure(`The answer has no member ${member} with the rows`, true);
  const rows: readonly unknown[] = found === null ? [] : Array.isArray(found) ? found : [found];
  return rows.map((row) => {
    if (isMembers(row)) return row;
    throw new LookupFailure("The answer has rows that are no objects", true);
  });
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The number of the key that a row has. Of a single key it need not say it. */
function numberOf(row: Members, keys: Keys, numbers: ReadonlyMap<string, number>): number {
  const { columns, from, to } = keys;
  if (to - from === 1 && !columns.some(({ name }) => Object.hasOwn(row, name))) return from;
  const values = columns.map((column) => {
    if (!Object.hasOwn(row, column.name)) {
      throw new LookupFailure(`The answer has a row without the key ${column.name}`, true);
    }
    return keyText(row[column.name], column);
  });
  const number = numbers.get(JSON.stringify(values));
  if (number !== undefined) return number;
  throw new LookupFailure(`The answer has a row of the key ${values.join(", ")}, for which nobody asked`, true);
}

/** A key that is of another type is none that was asked for. */
function keyText(given: unknown, column: Column): string | null {
  try {
    const value = fromJson(given, column);
    return value === null ? null : textOf(value, column);
  } catch (thrown) {
    if (thrown instanceof Misfit) throw new LookupFailure(thrown.message, true);
    throw thrown;
  }
}

/** Throws Misfit. */
function valueIn(row: Members, column: Column, { columns, keys }: LookupShape) {
  if (Object.hasOwn(row, column.name)) return fromJson(row[column.name], column);
  const isRight = column.nullable && [...columns, ...keys].some(({ name }) => Object.hasOwn(row, name));
  if (isRight) return null;
  const there = Object.keys(row).slice(0, 20).join(", ");
  throw new Misfit(`The answer has no column ${column.name}: there are ${there || "none"}`);
}
