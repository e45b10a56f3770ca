import {
  arrayOf,
  type Column,
  columnIndex,
  type DataType,
  formatType,
  INT64,
  JSON_VALUE,
  STRING,
} from "../core/schema.ts";
import type { Expression } from "../expr/mod.ts";
import type { PlacedNode } from "./graph.ts";
import type { UnnestNode } from "./plan.ts";
import { index, type Problems } from "./problems.ts";
import { typeOf } from "./resolve_expression.ts";
import { checkWidth } from "./resolve_rows.ts";
import { type Facts, lostAt, type ResolvedNode, type Resolving, sameFacts } from "./resolved.ts";

/** What a value of a type is taken apart into: an array made of it, and the types of the columns that its items become. */
export interface Items {
  readonly item: DataType;
  /** One for each field of rows, else one. */
  readonly parts: readonly { readonly name: string; readonly type: DataType }[];
  /** The value as an array. */
  array(value: Expression): Expression;
}

/** The items of values of a type; null where it has none. */
export function itemsOf(type: DataType): Items | null {
  const { nested } = type, same = (value: Expression) => value;
  const cast = (to: DataType) => (value: Expression) => ({ call: "cast", args: [value], type: formatType(to) });
  switch (nested?.of) {
    case "array":
      return withParts(nested.item, same);
    case "map": {
      const fields = [{ name: "key", type: STRING }, { name: "value", type: nested.value }];
      const item: DataType = { kind: "string", nested: { of: "row", fields } };
      return withParts(item, (value) => ({ call: "map_entries", args: [value] }));
    }
    case "json":
      return withParts(JSON_VALUE, cast(arrayOf(JSON_VALUE)));
    case "row":
      return null;
    case undefined:
      return type.kind === "string" ? withParts(STRING, cast(arrayOf(STRING))) : null;
  }
}

function withParts(item: DataType, array: Items["array"]): Items {
  const { nested } = item;
  return { item, parts: nested?.of === "row" ? nested.fields : [{ name: "item", type: item }], array };
}

export function resolveUnnest(
  { node, path }: PlacedNode<UnnestNode>,
  input: ResolvedNode,
  { problems }: Resolving,
): Facts | null {
  const found = typeOf(node.of, input.columns, `${path}.of`, problems);
  if (found === null) return null;
  const items = itemsOf(found.type);
  if (items === null) {
    problems.add(`${path}.of`, `Expected an array or a map, got ${formatType(found.type)}`, "Only these have items");
    return null;
  }
  const before = problems.count, made = columnsOf(node, items, found.type, path, problems), { ordinality } = node;
  if (made === null) return null;
  checkNames(made, node, input.columns, path, problems);
  const number = ordinality === undefined ? [] : [{ name: ordinality, type: INT64, nullable: node.type === "left" }];
  const columns = [...input.columns, ...made, ...number];
  checkWidth(columns, `${path}.as`, problems);
  if (problems.count > before) return null;
  const lost = input.arrival ? lostAt(`behind unnest ${node.id} rows have no time of arrival`) : input.lost;
  return { ...sameFacts(input), columns, upsertKeys: null, keys: [], arrival: false, lost };
}

/** What the items become; null with a problem. */
function columnsOf(
  { as }: UnnestNode,
  { item, parts }: Items,
  type: DataType,
  path: string,
  problems: Problems,
): Column[] | null {
  if (typeof as === "string") return [{ name: as, type: item, nullable: true }];
  if (as.length === parts.length) return parts.map((part, i) => ({ name: as[i], type: part.type, nullable: true }));
  const reason = `Items of ${formatType(type)} have ${parts.length} parts, and there are ${as.length} names`;
  problems.add(`${path}.as`, reason, `Parts: ${parts.map(({ name }) => name).join(", ")}`);
  return null;
}

function checkNames(
  made: readonly Column[],
  { as, ordinality }: UnnestNode,
  columns: readonly Column[],
  path: string,
  problems: Problems,
): void {
  const taken = new Set<string>();
  const check = (name: string, at: string) => {
    if (columnIndex(columns, name) >= 0 || taken.has(name)) {
      problems.add(at, `There is a column ${JSON.stringify(name)} already`, "Give it another name");
    }
    taken.add(name);
  };
  made.forEach(({ name }, i) => check(name, typeof as === "string" ? `${path}.as` : index(`${path}.as`, i)));
  if (ordinality !== undefined) check(ordinality, `${path}.ordinality`);
}
