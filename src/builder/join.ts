import type { JoinType } from "../plan/plan.ts";
import type { Names } from "./aggregate.ts";
import { given } from "./draft.ts";
import type { Value } from "./expression.ts";
import { type Row, rowOf } from "./row.ts";
import { type Duration, milliseconds } from "./window.ts";

/** Columns of left by the columns of right that they equal: `{ origin: "airport" }`. */
export type JoinColumns<R extends Row, S extends Row> = { readonly [N in keyof R & string]?: keyof S & string };

type Times<R extends Row, S extends Row> = {
  readonly left: Names<R, "timestamp" | "int64">;
  readonly right: Names<S, "timestamp" | "int64">;
};

export interface JoinOptions<R extends Row, S extends Row> {
  /** What else must hold. */
  readonly where?: (left: R, right: S) => Value<"bool">;
  /** Interval join: right's event time lies from `from` to `to` behind left's; both may be negative. */
  readonly within?: Times<R, S> & { readonly from: Duration; readonly to: Duration };
  /** Window join: the window_end columns of both sides, whose windows are compared by `on`. */
  readonly windowEnd?: Times<R, S>;
  /** How long a row waits for others after it was last used, where no time bounds it; for ever without. */
  readonly ttl?: Duration;
  /** The id of the node. */
  readonly id?: string;
}

export interface AsOfOptions<R extends Row, S extends Row> {
  readonly where?: (left: R, right: S) => Value<"bool">;
  /** Event times: of right the newest row is taken that is not after left's. */
  readonly at: Times<R, S>;
  /** Right holds versions by the columns that are compared, which new ones replace; else it only grows. */
  readonly versions?: boolean;
  /** Left rows without one stay, with NULL in right's columns. */
  readonly optional?: boolean;
  readonly id?: string;
}

/** Names of columns that both have: a join needs different ones. */
export type SameNames<R extends Row, S extends Row> = keyof R & keyof S;

/** What a node of a plan says of a join. */
export function joinBody<R extends Row, S extends Row>(
  type: JoinType,
  on: JoinColumns<R, S>,
  names: { readonly left: readonly string[]; readonly right: readonly string[] },
  { where, within, windowEnd, ttl }: JoinOptions<R, S>,
): Record<string, unknown> {
  const bound = within && {
    left: within.left,
    right: within.right,
    lower_ms: milliseconds(within.from),
    upper_ms: milliseconds(within.to),
  };
  return {
    type,
    on: pairsOf(on),
    ...given({
      where: where?.(rowOf(names.left), rowOf(names.right)).expression,
      within: bound,
      window: windowEnd && { left: windowEnd.left, right: windowEnd.right },
      ttl_ms: ttl && milliseconds(ttl),
    }),
  };
}

/** What a node of a plan says of a join with the newest row. */
export function asOfBody<R extends Row, S extends Row>(
  on: JoinColumns<R, S>,
  names: { readonly left: readonly string[]; readonly right: readonly string[] },
  { where, at, versions = false, optional = false }: AsOfOptions<R, S>,
): Record<string, unknown> {
  return {
    type: optional ? "left" : "inner",
    on: pairsOf(on),
    ...given({ where: where?.(rowOf(names.left), rowOf(names.right)).expression }),
    as_of: { left: at.left, right: at.right, kind: versions ? "temporal" : "asof" },
  };
}

function pairsOf(on: Readonly<Record<string, string | undefined>>): { left: string; right: string }[] {
  return Object.entries(on).flatMap(([left, right]) => right === undefined ? [] : [{ left, right }]);
}
