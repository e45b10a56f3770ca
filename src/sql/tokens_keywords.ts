/**
 * The words that mean something, by what else they may be. Few are reserved: a stream's columns are called `offset`, `key`, `value`, `timestamp`, `day`
 * and may be written so. A word that is in none of these lists is a plain name; the build checks that the grammar uses each of them and no other.
 */

/** Units of time: names anywhere else. */
export const UNIT_WORDS = (
  "MILLENNIUM CENTURY DECADE YEAR YEARS QUARTER QUARTERS MONTH MONTHS WEEK WEEKS DAY DAYS HOUR HOURS MINUTE MINUTES SECOND SECONDS " +
  "MILLISECOND MILLISECONDS MICROSECOND MICROSECONDS NANOSECOND NANOSECONDS EPOCH DOW ISODOW DOY ISOYEAR"
).split(" ");

/** Names wherever the grammar does not want the word itself. */
const FREE_WORDS = (
  "ANY ARRAY ASC ASYMMETRIC BEGIN BOTH BY CHANGES CHARACTER COMMENT CONSTRAINT CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATE DESC " +
  "DOUBLE ENFORCED EVERY EXECUTE EXPLAIN FINAL FIRST FOLLOWING FUNCTION GROUPING IF INTERVAL JAVASCRIPT KEY LANGUAGE LAST LATENESS LEADING LOCAL " +
  "LOCALTIME LOCALTIMESTAMP MAP MATERIALIZED METADATA MULTISET NEXT NULLS OF ONLY ORDINALITY PARTITIONED PLACING PLAN PRECEDING PRECISION " +
  "PRIMARY RETURNS ROW SET SETS SOME STATEMENT STREAM SYMMETRIC SYSTEM_TIME TEMPORARY TIME TIMESTAMP_LTZ TRAILING TYPESCRIPT UESCAPE UNBOUNDED " +
  "UNKNOWN VARYING VIEW VIRTUAL WATERMARK WITHOUT ZONE"
).split(" ");

/** Names too, but not as an alias without AS: there they begin what comes next. */
const NO_ALIAS_WORDS = (
  "ALLOWED ANTI ASOF EMIT ESCAPE FILTER IGNORE ILIKE OFFSET OUTER OVER OVERLAPS PARTITION RANGE REGEXP RESPECT RLIKE ROWS SEMI SIMILAR TIMESTAMP TO WINDOW " +
  "WITHIN"
).split(" ");

/** Functions with a syntax of their own: keywords where `(` follows, else names. */
const FUNCTION_WORDS = (
  "CEIL CEILING CUBE CUMULATE DATEADD DATEDIFF DATEPART DESCRIPTOR EXTRACT FLOOR HOP HOPPINGWINDOW MATCH_RECOGNIZE OVERLAY POSITION ROLLUP SESSION " +
  "SESSIONWINDOW SLIDINGWINDOW SNAPSHOTWINDOW SUBSTRING TIMESTAMPADD TIMESTAMPDIFF TRIM TUMBLE TUMBLINGWINDOW UNNEST"
).split(" ");

/** Never names unless they are quoted. */
const RESERVED_WORDS = (
  "ALL AND AS BETWEEN CASE CAST CREATE CROSS DISTINCT DROP ELSE END EXCEPT EXISTS FALSE FETCH FOR FROM FULL GROUP HAVING IN INNER INSERT INTERSECT " +
  "INTO IS JOIN LATERAL LEFT LIKE LIMIT NATURAL NOT NULL ON OR ORDER QUALIFY RIGHT SELECT TABLE THEN TRUE TRY_CAST UNION USING VALUES WHEN WHERE WITH"
).split(" ");

/** In the order of their codes: each list is a range of them. */
const LISTS = [UNIT_WORDS, FREE_WORDS, FUNCTION_WORDS, NO_ALIAS_WORDS, RESERVED_WORDS];
export const KEYWORDS: readonly string[] = LISTS.flat();

const RESERVED: ReadonlySet<string> = new Set(RESERVED_WORDS);
const FUNCTION: ReadonlySet<string> = new Set(FUNCTION_WORDS);

/** Whether an upper-case word can be a name only in quotes. */
export function isReserved(word: string): boolean {
  return RESERVED.has(word);
}

/** Whether an upper-case word is a keyword only in front of `(`. */
export function isFunctionWord(word: string): boolean {
  return FUNCTION.has(word);
}

/** First and last index in KEYWORDS of each list. */
export const KEYWORD_RANGES = ranges();

function ranges(): Record<"unit" | "free" | "function" | "noAlias" | "reserved", readonly [number, number]> {
  const bounds: [number, number][] = [];
  for (const list of LISTS) {
    const first = bounds.length === 0 ? 0 : bounds[bounds.length - 1][1] + 1;
    bounds.push([first, first + list.length - 1]);
  }
  const [unit, free, fn, noAlias, reserved] = bounds;
  return { unit, free, function: fn, noAlias, reserved };
}
