import { hintInSql } from "./value.ts";

/** What a plan's check says in the words of plans, and what it is in SQL. */
interface Translation {
  readonly pattern: RegExp;
  readonly reason: string;
  readonly hint?: string;
}

const TRANSLATIONS: readonly Translation[] = [
  {
    pattern: /^A sink of kind (\S+) cannot take rows back, and .*$/,
    reason: "A sink of kind $1 cannot take rows back, and this query gives changes",
    hint: "Group by windows, write to a view, or add the option 'changelog' = 'true'",
  },
  {
    pattern: /^A sink of kind (\S+) needs a key to change rows by, and .*$/,
    reason: "A sink of kind $1 needs a key to change rows by, and nothing tells these rows apart",
    hint: "Keep the keys of GROUP BY and of joins in SELECT",
  },
  {
    pattern: /^(Rows change by .+, and not by .+)$/,
    reason: "$1",
    hint: "Leave PRIMARY KEY out, or name these columns in it",
  },
  {
    pattern: /^Cannot use (\S+) as event time: .* has none, .*$/,
    reason: "$1 is no event time here: behind regular joins, row numbers and groups without windows there is none",
    hint: "Window the rows before that",
  },
  {
    pattern: /^Cannot use (\S+) as event time: it is computed after source .*$/,
    reason: "$1 is no event time: it is computed, and the watermark follows a column of the source",
    hint: "Keep that column in the query, or compute it in CREATE TABLE: `ts AS …`, WATERMARK FOR ts",
  },
  {
    pattern: /^An interval join takes rows that are only inserted, and .*$/,
    reason: "An interval join takes rows that are only inserted, and one side takes rows back",
    hint: "Join before GROUP BY or ROW_NUMBER, or by windows",
  },
  {
    pattern: /^The right side of an asof join takes rows that are only inserted, and .*$/,
    reason: "The right side of an ASOF join takes rows that are only inserted, and this one takes rows back",
    hint: "Write FOR SYSTEM_TIME AS OF, and ON with its key",
  },
  {
    pattern: /^Cannot join versions of \S+: nothing tells its rows apart$/,
    reason: "Nothing tells the rows of the versioned table apart",
    hint: "Give it a PRIMARY KEY, or keep the newest row of each key: WHERE ROW_NUMBER() … = 1",
  },
  {
    pattern: /^The key of \S+ is (.+), and on lacks (.+)$/,
    reason: "ON must compare the whole key of the versioned table, $1: it lacks $2",
  },
  {
    pattern: /^Cannot aggregate over the rows before each row of .*$/,
    reason: "OVER takes rows that are only inserted, and these may be taken back",
    hint: "Put it before GROUP BY and ROW_NUMBER, or group by windows",
  },
  {
    pattern: /^Sink \S+ writes to this (\S+) too$/,
    reason: "Two queries write to this $1",
    hint: "Join them by UNION ALL to one INSERT",
  },
  {
    pattern: /^Expected at most size_ms .*: rows would fall between windows$/,
    reason: "The slide is longer than the window: rows would fall between windows",
    hint: "Write HOP(TABLE t, DESCRIPTOR(ts), slide, size)",
  },
  {
    pattern: /^Expected a part of size_ms .*$/,
    reason: "The longest window of CUMULATE must be a multiple of its step",
  },
  {
    pattern: /^(Expression is nested deeper than \d+)$/,
    reason: "$1",
    hint: "Compute a part of it in a subquery",
  },
];

/** A plan's problem in the words of SQL. */
export function inWordsOfSql(reason: string, hint: string | undefined): { reason: string; hint?: string } {
  for (const { pattern, reason: said, hint: help } of TRANSLATIONS) {
    if (pattern.test(reason)) {
      return { reason: reason.replace(pattern, said), ...(help === undefined ? {} : { hint: help }) };
    }
  }
  const help = hintInSql(hint);
  return { reason, ...(help === undefined ? {} : { hint: help }) };
}
