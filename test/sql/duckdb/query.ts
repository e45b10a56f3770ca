/** A query that both engines know, or the two ways in which it is written here and for DuckDB. */
export type Query = string | readonly [here: string, there: string];
