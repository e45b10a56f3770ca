import type { Encoder, OpenEncoder, OutputFormat } from "../codec.ts";
import type { Column } from "../core/schema.ts";
import { ArrowEncoder } from "./arrow_encoder.ts";
import { CsvEncoder } from "./csv_encoder.ts";
import { JsonEncoder, NdjsonEncoder } from "./json_encoder.ts";

/** The encoder of a format. */
export const openEncoder: OpenEncoder = (format: OutputFormat, columns: readonly Column[]): Encoder => {
  switch (format) {
    case "ndjson":
      return new NdjsonEncoder(columns);
    case "json":
      return new JsonEncoder(columns);
    case "csv":
      return new CsvEncoder(columns);
    case "arrow":
      return new ArrowEncoder(columns);
  }
};
