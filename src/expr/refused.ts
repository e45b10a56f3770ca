/** Why a function of SQL is none of this language, and what to use in its place. */
export interface Refusal {
  readonly reason: string;
  readonly hint: string;
}

const CLOCK = [
  "current_timestamp",
  "now",
  "localtimestamp",
  "current_date",
  "current_time",
  "localtime",
  "current_row_timestamp",
  "proctime",
  "sysdate",
];
const CHANCE = ["rand", "random", "rand_integer", "uuid"];

/**
 * Says of a function whose value is not decided by its arguments why plans cannot call it: a replay of the log must give the same
 * bytes. Null: it is no such function. Case does not count.
 */
export function refusal(name: string): Refusal | null {
  const lower = name.toLowerCase();
  if (CLOCK.includes(lower)) {
    return {
      reason: `${name} reads the clock, so that a replay would give other rows`,
      hint: "Use a timestamp column of the rows; the rows of a stream without event time go by their time of arrival",
    };
  }
  if (CHANCE.includes(lower)) {
    return {
      reason: `${name} is drawn by chance, so that a replay would give other rows`,
      hint:
        "Derive it from the row: xxhash64(concat(…)) for a number, sha256(concat(…)) for a name that is unique as the row is",
    };
  }
  if (lower !== "current_watermark") return null;
  return {
    reason: "current_watermark depends on how the log was read, so that a replay would give other rows",
    hint: "Late rows are told apart by the engine: read the stream's .late, or give the window an allowed lateness",
  };
}
