import type { DecodeOptions, InputFormat, SchemaInference } from "../codec.ts";
import type { Column } from "../core/schema.ts";
import { CsvScanner } from "./csv_scanner.ts";
import { InferredColumns } from "./inferred_columns.ts";
import { JsonScanner } from "./json_scanner.ts";

/**
 * Finds columns by looking at every value. Members of nested objects become columns with dotted names (`user.address.city`),
 * arrays nested columns with the types of their items. New columns are nullable. Numbers are never rounded: those that neither
 * int64 nor a double holds exactly make a string column. Throws RdxError("invalid") for more than COLUMNS_MAX columns.
 */
export const schemaInference: SchemaInference = {
  infer(input: Uint8Array, format: InputFormat, known: readonly Column[], options: DecodeOptions): Column[] {
    const columns = new InferredColumns(known);
    if (format === "csv") new CsvScanner(input, options).scan(columns, known, options.header ?? true);
    else if (format === "ndjson") new JsonScanner(input, columns).lines();
    else new JsonScanner(input, columns).document();
    return columns.finish();
  },
};
