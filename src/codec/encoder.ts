import type { EncodeOptions, Encoder, OpenEncoder, OutputFormat } from "../codec.ts";
import type { Column } from "../core/schema.ts";
import { ArrowEncoder } from "./arrow_encoder.ts";
import { CsvEncoder } from "./csv_encoder.ts";
import { JsonEncoder, NdjsonEncoder } from "./json_encoder.ts";

/** The encoder of a format. */
export const openEncoder: OpenEncoder = (
  format: OutputFormat,
  columns: readonly Column[],
  options: EncodeOptions = {},
): Encoder => {
  switch (format) {
    case "ndjson":
      return new NdjsonEncoder(columns, options);
    case "json":
      return new JsonEncoder(columns, options);
    case "csv":
      return new CsvEncoder(columns, options);
    case "arrow":
      return new ArrowEncoder(columns, options);
  }
};
