import type { FunctionDefinition, FunctionGroup } from "./definition.ts";
import { GROUPS } from "./definition.ts";
import { FUNCTIONS } from "./functions.ts";

const TITLES: Readonly<Record<FunctionGroup, string>> = {
  comparison: "Comparison",
  logic: "Logic",
  conditional: "Choice",
  arithmetic: "Arithmetic",
  math: "Elementary functions",
  bits: "Bits",
  string: "Texts",
  regexp: "Regular expressions",
  time: "Time",
  conversion: "Conversion",
  encoding: "Encodings and addresses",
  hash: "Digests and hashes",
  json: "JSON",
  array: "Arrays",
  map: "Maps and rows",
};

const INTRODUCTION = `# Functions

What expressions may call: in plans as \`{"call":"abs","args":[…]}\`, in SQL by the name or an alias, in any case. This file is written by
\`deno run -A scripts/write_functions.ts\` from the definitions in \`src/expr/function/\`; a test holds it equal to them and runs every example.

Rules that hold unless a function says otherwise
- NULL in, NULL out. What has no value is NULL: overflow of int64 and decimals, division of them by 0, a cast that cannot be, a text beyond 16 MiB.
- Numbers widen by themselves: int64 to decimal to double. Everything else is cast by \`cast\`.
- Decimals have up to 38 digits. With p digits, s of them behind the point, int64 being p = 19, s = 0: a + b and a - b have max(s) places and
  max(p - s) + max(s) + 1 digits; a \* b has p + p digits, s + s places; a / b has max(6, s of a + p of b + 1) places and p - s of a + s of b before
  the point; a % b has max(s) places and min(p - s) before the point. Beyond 38 digits places go first, but for 6 of them, halves away from zero.
- Texts are sequences of code points. Upper and lower case go by Unicode's simple mappings, of one code point to one: ß stays ß.
- Times are milliseconds in UTC; there is no type for days alone, so that dates are timestamps at midnight.
- Arrays, maps and rows are typed views of JSON text: what is taken out of them is read as its type, and NULL where it is none. They are equal where
  their texts are, which hold no blanks, no escapes that can be without, and numbers as they came. Functions of arrays take texts of JSON too.
- A value depends on the arguments alone: the same bits on every machine. What reads the clock or is drawn by chance (\`now\`, \`current_timestamp\`,
  \`rand\`, \`uuid\`, …) is refused when a plan is deployed, since a replay of the log would give other rows.
- In SQL \`OVER\` has every aggregate, \`LAG\`, \`FIRST_VALUE\`, \`LAST_VALUE\`, and \`ROW_NUMBER\`, \`RANK\` and \`DENSE_RANK\`: by event time of all rows, in
  any other order as a top-n (\`WHERE n <= 10\` around it, or \`QUALIFY\`). \`LEAD\`, \`NTILE\`, \`PERCENT_RANK\` and \`CUME_DIST\` look at rows to come: they are
  refused with what to write, as are frames that end behind the row.
- What is not here can be a user function in TypeScript: \`CREATE FUNCTION\` in SQL, \`batchFunction\` in the builder, \`function\` beside \`call\` in plans. It
  takes and gives int64, double, bool, timestamp and string, sees NULL, and gives NULL where it fails. It cannot have the name of a function of this list.
- Elementary functions are off by less than one unit in the last place, and exact where the result is.
`;

const NOTES: Readonly<Partial<Record<FunctionGroup, string>>> = {
  regexp:
    `Patterns are literals: they are compiled when a plan is deployed, and matched in time proportional to pattern times text. They may have what RE2 and
Java share: \`.\` (no line end, unless \`(?s)\`), classes \`[a-z]\`, \`[^…]\`, \`[[:alpha:]]\`, \`\\d \\w \\s \\D \\W \\S\`, \`\\p{Alpha}\` and other names of
ASCII, \`\\t \\n \\r \\f \\v \\a \\e \\x41 \\x{1F642} \\u0041 \\Q…\\E\`, groups \`(…)\`, \`(?:…)\`, \`(?<name>…)\`, \`|\`, \`* + ? {n} {n,} {n,m}\` and lazy with
\`?\` behind, \`^ $ \\A \\z \\b \\B\`, flags \`(?i)\` (ASCII letters), \`(?s)\`, \`(?m)\` (lines end with a line feed). \`$\` is the end of the text. Back-references,
lookaround, possessive quantifiers and classes of Unicode are refused, with the place in the pattern.`,
  time:
    `Patterns of dates and times are literals with the letters of Java's DateTimeFormatter: y u M L d D E a H k K h m s S Q, zones X x Z z; texts in single
quotes. Names are English. Zones are fixed offsets: rules of named zones change, and are not part of plans.`,
  json:
    `Paths are literals: \`$\`, members \`.name\`, \`."name"\`, \`['name']\` and items \`[0]\`, with \`lax\` (the default) or \`strict\` in front. Of equal keys the last
counts. Wildcards, filters and methods are refused.`,
  conversion:
    `Timestamps are read from texts as ISO 8601 writes them, with \`T\` or a space, with or without a time, a fraction and a zone; months, days, hours, minutes and
seconds may have one digit.`,
};

/** All functions as Markdown: what docs/functions.md holds. */
export function functionsMarkdown(): string {
  const sections = GROUPS.map((group) => {
    const all = [...FUNCTIONS.values()].filter((definition) => definition.group === group);
    const note = NOTES[group] === undefined ? "" : `${NOTES[group]}\n\n`;
    return `## ${TITLES[group]}\n\n${note}| function | | example |\n|---|---|---|\n${all.map(row).join("\n")}\n`;
  });
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

function row({ signature, aliases = [], summary, example }: FunctionDefinition): string {
  const also = aliases.length > 0 ? `. Also ${aliases.map((alias) => `\`${alias}\``).join(", ")}` : "";
  return `| ${code(signature)} | ${text(summary)}${also} | ${code(example.call)} → ${code(example.result)} |`;
}

/** A cell's text; a bar would end the cell. */
function text(value: string): string {
  return value.replace(/[|*_<>[\]]/g, "\\$&");
}

function code(value: string): string {
  return `\`${value.replaceAll("|", "\\|")}\``;
}
