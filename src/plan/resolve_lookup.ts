import { type Column, columnIndex, formatType, parseType } from "../core/schema.ts";
import type { PlacedNode } from "./graph.ts";
import type { LookupColumn, LookupNode } from "./plan.ts";
import { index, member, type Problems } from "./problems.ts";
import { checkBool } from "./resolve_expression.ts";
import { checkWidth } from "./resolve_rows.ts";
import { addUnknownColumn, type Facts, lostAt, type ResolvedNode, type Resolving, sameFacts } from "./resolved.ts";

/** What a column of a lookup's table is called behind it. */
export function nameBehind({ name, as = name }: Pick<LookupColumn, "name" | "as">): string {
  return as;
}

export function resolveLookup(
  { node, path }: PlacedNode<LookupNode>,
  input: ResolvedNode,
  { problems }: Resolving,
): Facts | null {
  const before = problems.count, table = tableColumns(node, path, problems);
  if (table === null) return null;
  checkNames(node, input, path, problems);
  checkOn(node, input.columns, table, path, problems);
  checkOptions(node, path, problems);
  refuseChanges(input, path, problems);
  const columns = [
    ...input.columns,
    ...node.columns.map((column, i): Column => ({
      name: nameBehind(column),
      type: table[i].type,
      nullable: column.nullable || node.type === "left",
    })),
  ];
  checkWidth(columns, `${path}.columns`, problems);
  if (node.where && problems.count === before) checkBool(node.where, columns, `${path}.where`, problems);
  if (problems.count > before) return null;
  const lost = input.arrival ? lostAt(`behind lookup ${node.id} rows have no time of arrival`) : input.lost;
  return { ...sameFacts(input), columns, upsertKeys: null, keys: [], arrival: false, lost };
}

/** The columns of the table by their names there. */
export function lookupColumns({ columns }: LookupNode): Column[] {
  return columns.map(({ name, type, nullable }) => ({ name, type: parseType(type), nullable }));
}

function tableColumns(node: LookupNode, path: string, problems: Problems): Column[] | null {
  const columns: Column[] = [];
  node.columns.forEach(({ name, type, nullable }, i) => {
    const at = index(`${path}.columns`, i);
    if (columnIndex(columns, name) >= 0) problems.add(`${at}.name`, `Column ${JSON.stringify(name)} is named twice`);
    try {
      columns.push({ name, type: parseType(type), nullable });
    } catch (thrown) {
      problems.addThrown(thrown, `${at}.type`);
    }
  });
  return columns.length === node.columns.length ? columns : null;
}

function checkNames({ columns }: LookupNode, input: ResolvedNode, path: string, problems: Problems): void {
  const taken = new Set(input.columns.map(({ name }) => name));
  columns.forEach((column, i) => {
    const name = nameBehind(column), at = index(`${path}.columns`, i);
    if (taken.has(name)) {
      problems.add(at, `There is a column ${JSON.stringify(name)} already`, 'Give it another name with "as"');
    }
    taken.add(name);
  });
}

function checkOn(
  { on, table }: LookupNode,
  left: readonly Column[],
  right: readonly Column[],
  path: string,
  problems: Problems,
): void {
  const seen = new Set<string>();
  on.forEach((pair, i) => {
    const at = index(`${path}.on`, i), l = columnIndex(left, pair.left), r = columnIndex(right, pair.right);
    if (l < 0) addUnknownColumn(pair.left, left, `${at}.left`, problems);
    if (r < 0) addUnknownColumn(pair.right, right, `${at}.right`, problems);
    if (seen.has(pair.right)) {
      problems.add(
        `${at}.right`,
        `Column ${JSON.stringify(pair.right)} of the table is compared twice`,
        "Filter the rows",
      );
    }
    seen.add(pair.right);
    if (l < 0 || r < 0) return;
    const a = left[l].type, b = right[r].type;
    if (a.kind === b.kind && a.scale === b.scale) return;
    const reason =
      `Cannot look ${pair.left}, which is ${formatType(a)}, up in ${pair.right} of the ${table.kind} table, ` +
      `which is ${formatType(b)}`;
    problems.add(at, reason, "Cast the column in a projection before the lookup");
  });
}

function checkOptions({ type, on_error, table, on, batch_rows }: LookupNode, path: string, problems: Problems): void {
  if (on_error === "null" && type === "inner") {
    const reason = "Rows without an answer cannot go on with NULL in an inner lookup: they would vanish";
    problems.add(`${path}.on_error`, reason, 'Use "type": "left", or "on_error": "dead_letter"');
  }
  if (table.kind !== "http" || table.method === "POST") return;
  const url = String(table.url), names = [...url.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name);
  const at = member(`${path}.table`, "url"), keys = on.map(({ right }) => right);
  const unknown = names.find((name) => !keys.includes(name)), missing = keys.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    problems.add(at, `The URL names {${unknown}}, which is no key of the lookup`, `Keys: ${keys.join(", ")}`);
  } else if (missing !== undefined) {
    problems.add(at, `The URL lacks the key {${missing}}`, `Write it as in https://host/rows?${missing}={${missing}}`);
  } else if (keys.length > 1 && batch_rows > 1) {
    const reason = "A URL with several keys asks for one at a time";
    problems.add(`${path}.batch_rows`, reason, 'Set "batch_rows": 1, or use "method": "POST"');
  }
}

/** A row that is taken back would meet another answer than the one that it went out with. */
function refuseChanges(input: ResolvedNode, path: string, problems: Problems): void {
  if (!input.changes) return;
  const reason = `A lookup takes rows that are only inserted, and those of ${input.node.id} may be taken back`;
  problems.add(`${path}.input[0]`, reason, "Look rows up before what makes changes, or aggregate with final results");
}
