/** A timestamp as a string: ISO 8601 here, with a space and without a zone in Flink. */
const ISO = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d\.\d{3})Z$/;

/**
 * Rows in an order that does not matter. Values that CONCAT_DISTINCT joined are put in order too: it promises none, and Flink's own comes
 * from how it merges the slices of a window.
 */
export function comparable(rows: readonly string[]): string[] {
  const value = (text: string) => text.replace(ISO, "$1 $2").split("|").sort().join("|");
  return rows.map((row) => row.split(",").map(value).join(",")).sort();
}
