import { INT64 } from "../../core/schema.ts";
import type * as ast from "../ast.ts";
import { nameOfCall } from "./calls.ts";
import type { Column } from "./column.ts";
import type { Context } from "./context.ts";
import type { ExpressionBinder } from "./expression.ts";
import type { Grouping } from "./group_items.ts";
import type { Value } from "./value.ts";

/** GROUPING(a) and GROUPING_ID(a, b): bits of the keys that a row's grouping set leaves out. */
export class GroupingFunctions {
  /** The column of all bits; null as long as nothing reads it. */
  column: Column | null = null;

  constructor(
    private readonly grouping: Grouping,
    private readonly binder: ExpressionBinder,
    private readonly context: Context,
  ) {}

  /** Undefined for what is none of them, null with a problem. */
  call(call: ast.FunctionCall): Value | null | undefined {
    const name = nameOfCall(call), { report, values, nodes } = this.context, { at } = call;
    if (name !== "grouping" && name !== "grouping_id") return undefined;
    if (call.args.length === 0) return report.add(at, `${name.toUpperCase()} needs a key of GROUP BY`);
    const args = this.binder.bindAll(call.args);
    if (args === null) return null;
    const places = args.map(({ expr, at }) => {
      const text = JSON.stringify(expr),
        place = this.grouping.keys.findIndex((key) => JSON.stringify(key.expr) === text);
      return place >= 0 ? place : report.add(at, `${name.toUpperCase()} takes keys of GROUP BY`);
    });
    if (places.includes(null)) return null;
    if (this.grouping.sets === null) return values.literal(0, INT64, at);
    this.column ??= nodes.columns.make("grouping_id", { type: INT64, nullable: false });
    return this.#bits(places as number[], this.column, at);
  }

  /**
   * The bits of some keys, the first argument's the highest. Keys that are in all sets have none of their own: they stand
   * before all others, or the node does not have them, so that bits are counted from the last key.
   */
  #bits(places: readonly number[], column: Column, at: ast.Span): Value {
    const { values } = this.context, { keys, sets } = this.grouping, known = values.column(column, at);
    const always = keys.filter((_, place) => sets!.every((set) => set.includes(place))).length;
    const number = (value: number) => values.literal(value, INT64, at);
    const call = (fn: string, ...args: Value[]) => values.call(fn, args, at)!;
    const cut = (shift: number, width: number): Value => {
      const shifted = shift === 0 ? known : call("div", known, number(2 ** shift));
      return shift + width === keys.length - always ? shifted : call("mod", shifted, number(2 ** width));
    };
    const last = places[places.length - 1], first = last - (places.length - 1);
    const inOrder = first >= always && places.every((place, i) => place === first + i);
    if (inOrder) return cut(keys.length - 1 - last, places.length);
    return places.map((place, i) => {
      const bit = place < always ? number(0) : cut(keys.length - 1 - place, 1), weight = 2 ** (places.length - 1 - i);
      return weight === 1 ? bit : call("mul", bit, number(weight));
    }).reduce((sum, bit) => call("add", sum, bit));
  }
}
