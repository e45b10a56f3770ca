import type { Agg, Kind } from "./plans.ts";

export type Event = readonly [ts: number, key: string, value: number | null];

interface Group {
  readonly head: string;
  readonly end: number;
  /** For each aggregate, by what it is, the rows that it has seen. */
  readonly seen: Map<string, Event[]>;
}

const SIZE_MS = 1000, SLIDE_MS = 500;

function meaningOf(agg: Agg): string {
  return JSON.stringify({ ...agg, as: "" });
}

/** What a view of aggregates has to show when plans change under way: each aggregate is of the rows that came since it was there. */
export class CarriedReference {
  readonly #kind: Kind;
  readonly #groups: Group[] = [];
  #aggs: readonly Agg[] = [];
  /** What the view has of each aggregate, by what it is. */
  readonly #shown = new Map<Group, Map<string, string>>();

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  plan(aggs: readonly Agg[]): void {
    const before = new Set(this.#aggs.map(meaningOf));
    for (const group of this.#groups) {
      const shown = this.#shown.get(group) ?? new Map<string, string>();
      const kept = aggs.filter((agg) => before.has(meaningOf(agg))).map(meaningOf);
      for (const one of [...group.seen.keys()]) if (!kept.includes(one)) group.seen.delete(one);
      for (const one of [...shown.keys()]) if (!kept.includes(one)) shown.delete(one);
    }
    this.#aggs = aggs;
  }

  take(event: Event): void {
    for (const group of this.#groupsOf(event)) {
      const shown = new Map<string, string>();
      for (const agg of this.#aggs) {
        const rows = group.seen.get(meaningOf(agg)) ?? [];
        group.seen.set(meaningOf(agg), [...rows, event]);
      }
      for (const agg of this.#aggs) shown.set(meaningOf(agg), valueOf(agg, group.seen.get(meaningOf(agg))!));
      this.#shown.set(group, shown);
    }
  }

  #groupsOf([ts, key]: Event): Group[] {
    const find = (head: string, end: number) => {
      let group = this.#groups.find((one) => one.head === head);
      if (!group) this.#groups.push(group = { head, end, seen: new Map() });
      return group;
    };
    if (this.#kind === "groups" || this.#kind === "ttl") return [find(`"${key}"`, -1)];
    const slide = this.#kind === "hop" ? SLIDE_MS : SIZE_MS, groups: Group[] = [];
    for (let start = Math.floor(ts / slide) * slide; start > ts - SIZE_MS; start -= slide) {
      groups.push(find(`${start}n ${start + SIZE_MS}n "${key}"`, start + SIZE_MS));
    }
    return groups;
  }

  /** As text, once the row at 1 000 000 ms has come. */
  rows(): string[] {
    const isOpen = this.#kind === "groups" || this.#kind === "ttl";
    return this.#groups.filter(({ end }) => end < 1_000_000).map((group) => {
      const values = this.#aggs.map((agg) => {
        // A row of a view has nothing of what came after it; a window is told when all has come
        if (isOpen) return this.#shown.get(group)?.get(meaningOf(agg)) ?? valueOf(agg, []);
        return valueOf(agg, group.seen.get(meaningOf(agg)) ?? []);
      });
      return [group.head, ...values].join(" ");
    });
  }
}

function valueOf({ fn, arg, distinct = false, filter }: Agg, events: readonly Event[]): string {
  const passing = filter ? events.filter(([, , value]) => value !== null && value > 3) : events;
  if (!arg) return `${passing.length}n`;
  if (fn === "string_agg") {
    return passing.length === 0 ? "null" : JSON.stringify(passing.map(([, key]) => key).join(","));
  }
  const doubled = JSON.stringify(arg).includes("mul") ? 2 : 1;
  const all = passing.flatMap(([, , value]) => value === null ? [] : [value * doubled]);
  const values = distinct ? [...new Set(all)] : all;
  if (fn === "count") return `${values.length}n`;
  if (values.length === 0) return "null";
  const result = fn === "sum"
    ? values.reduce((a, b) => a + b)
    : fn === "min"
    ? Math.min(...values)
    : Math.max(...values);
  return `${result}n`;
}
