import { GROUPING_SETS_MAX, KEY_COLUMNS_MAX } from "../../core/limits.ts";
import type * as ast from "../ast.ts";
import type { Context } from "./context.ts";
import type { ExpressionBinder } from "./expression.ts";
import { findPath } from "./scope.ts";
import type { Value } from "./value.ts";

/** What GROUP BY says. */
export interface Grouping {
  /** Each once, in the order in which they are written; of several sets, those that are in all of them first. */
  readonly keys: readonly Value[];
  /** Sets of positions in `keys`; null when there is only the one of all. */
  readonly sets: readonly (readonly number[])[] | null;
  readonly window: ast.GroupWindow | null;
}

/** Binds GROUP BY; null with its problems. */
export function bindGroupItems(select: ast.Select, binder: ExpressionBinder, context: Context): Grouping | null {
  const { report } = context, items = select.groupBy ?? [];
  const keys = new Keys(select, binder, context);
  let window: ast.GroupWindow | null = null, sets: (readonly number[])[] | null = [[]];
  for (const written of items) {
    const item = snapshotOf(written) ?? written;
    if (item.kind === "group_window") {
      if (window !== null) {
        report.add(item.at, "GROUP BY takes one window", "Window the results of the first in a query around it");
      }
      window = item;
      continue;
    }
    const own = setsOf(item, keys);
    const made: number = sets && own ? sets.length * own.length : 0;
    if (made > GROUPING_SETS_MAX) {
      return report.add(
        item.at,
        `GROUP BY makes more than ${GROUPING_SETS_MAX} grouping sets`,
        "Name those that you need: GROUPING SETS (…)",
      );
    }
    sets = sets && own && product(sets, own);
  }
  if (sets === null) return null;
  if (keys.values.length > KEY_COLUMNS_MAX) {
    return report.add(items[0].at, `GROUP BY has ${keys.values.length} keys: at most ${KEY_COLUMNS_MAX}`);
  }
  const all = keys.values.length, different = sets.map((set) => [...new Set(set)]);
  if (different.length === 1 && different[0].length === all) return { keys: keys.values, sets: null, window };
  return { ...settled(keys.values, different), window };
}

/** Keys that are in all sets come first: the bits of GROUPING are then the same whether such a key is the node's or its window's. */
function settled(keys: readonly Value[], sets: readonly (readonly number[])[]): Pick<Grouping, "keys" | "sets"> {
  const places = keys.map((_, place) => place), isInAll = (place: number) => sets.every((set) => set.includes(place));
  const order = [...places.filter(isInAll), ...places.filter((place) => !isInAll(place))];
  return {
    keys: order.map((place) => keys[place]),
    sets: sets.map((set) => set.map((place) => order.indexOf(place)).sort((a, b) => a - b)),
  };
}

/** The keys of a GROUP BY while they are found. */
class Keys {
  readonly values: Value[] = [];
  readonly #positions = new Map<string, number>();

  constructor(
    readonly select: ast.Select,
    readonly binder: ExpressionBinder,
    readonly context: Context,
  ) {}

  /** The positions of the keys that an expression means: a row means all its parts. Null with a problem. */
  add(expression: ast.Expression): readonly number[] | null {
    if (expression.kind === "row") {
      const parts = expression.items.map((item) => this.add(item));
      return parts.includes(null) ? null : (parts as (readonly number[])[]).flat();
    }
    const value = this.binder.bind(this.#meant(expression));
    if (value === null) return null;
    if (value.type === null) return this.context.report.add(value.at, "NULL is no key");
    const text = JSON.stringify(value.expr), known = this.#positions.get(text);
    if (known !== undefined) return [known];
    this.#positions.set(text, this.values.length);
    return [this.values.push(value) - 1];
  }

  /** `GROUP BY 2` means the second item of SELECT, and a name that no table has may be an item's alias. */
  #meant(expression: ast.Expression): ast.Expression {
    const { items } = this.select;
    if (expression.kind === "number" && expression.form === "integer") {
      const item = items[Number(expression.text) - 1];
      return item?.kind === "expression" ? item.expr : expression;
    }
    if (expression.kind !== "column" || expression.parts.length !== 1) return expression;
    const [{ name }] = expression.parts;
    if (findPath(this.binder.place.scope, expression.parts) !== null) return expression;
    const item = items.find((one) => one.kind === "expression" && one.alias?.name === name);
    return item?.kind === "expression" ? item.expr : expression;
  }
}

/** `GROUP BY System.Timestamp()`: rows of one time are a group, which is what Azure's snapshot window is. */
function snapshotOf(item: ast.GroupItem): ast.GroupWindow | null {
  const { expr, at } = item.kind === "expression" ? item : { expr: null, at: item.at };
  const parts = expr?.kind === "column" ? expr.parts : expr?.kind === "call" ? expr.name.parts : [];
  if (parts.map(({ name }) => name.toLowerCase()).join(".") !== "system.timestamp") return null;
  const nothing = { time: null, size: null, slide: null, gap: null, max: null, offset: null, partitionBy: [] };
  return { kind: "group_window", style: "azure", fn: "SNAPSHOT", ...nothing, at };
}

type Sets = (readonly number[])[];

function setsOf(item: Exclude<ast.GroupItem, ast.GroupWindow>, keys: Keys): Sets | null {
  switch (item.kind) {
    case "expression": {
      const set = keys.add(item.expr);
      return set && [set];
    }
    case "group_set": {
      const parts = item.items.map((one) => keys.add(one));
      return parts.includes(null) ? null : [(parts as Sets).flat()];
    }
    default:
      return manySets(item, keys);
  }
}

function manySets({ kind, items, at }: ast.GroupingSets, keys: Keys): Sets | null {
  const { report } = keys.context;
  const parts = items.map((one) => {
    if (one.kind !== "group_window") return setsOf(one, keys);
    return report.add(one.at, "A window stands in GROUP BY itself, not in grouping sets");
  });
  if (parts.includes(null)) return null;
  const sound = parts as Sets[];
  if (kind === "grouping_sets") return sound.flat();
  if (sound.some((part) => part.length !== 1)) {
    return report.add(at, `${kind.toUpperCase()} takes columns and sets of columns`);
  }
  const columns = sound.map(([set]) => set);
  if (kind === "rollup") {
    return Array.from({ length: columns.length + 1 }, (_, i) => columns.slice(0, columns.length - i).flat());
  }
  if (columns.length > Math.log2(GROUPING_SETS_MAX)) {
    return report.add(at, `CUBE of ${columns.length} columns makes too many grouping sets`);
  }
  return Array.from(
    { length: 1 << columns.length },
    (_, bits) => columns.filter((_, i) => (bits & (1 << (columns.length - 1 - i))) === 0).flat(),
  );
}

/** GROUP BY a, CUBE (b): each set of one item with each of the other. */
function product(a: Sets, b: Sets): Sets {
  return a.flatMap((one) => b.map((other) => [...one, ...other]));
}
