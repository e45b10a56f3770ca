import type { DecodedBatch, DecodeOptions, Decoder, InputFormat } from "../codec.ts";
import type { Column } from "../core/schema.ts";
import { type CsvOptions, CsvParser } from "../kernel/csv.ts";
import { JsonParser } from "../kernel/json.ts";
import type { Kernel } from "../kernel/module.ts";

/** The decoder of a format, in one kernel: JSON in both of its forms, and CSV. */
export function openDecoder(
  kernel: Kernel,
  format: InputFormat,
  columns: readonly Column[],
  options: DecodeOptions,
): Decoder {
  if (format === "csv") return new CsvDecoder(kernel, columns, options);
  const parser = new JsonParser(kernel, columns, { coerce: options.coerce ?? false });
  return {
    begin: (address, length) => parser.begin(address, length, format),
    next: () => parser.next(),
    close: () => parser.close(),
  };
}

class CsvDecoder implements Decoder {
  readonly #kernel: Kernel;
  readonly #parser: CsvParser;
  readonly #header: boolean;
  readonly #delimiter: CsvOptions["delimiter"];
  /** Names from the head of the text that pieces belong to. */
  #names: readonly string[] | null = null;

  constructor(kernel: Kernel, columns: readonly Column[], { header = true, delimiter = "," }: DecodeOptions) {
    this.#kernel = kernel;
    this.#parser = new CsvParser(kernel, columns);
    this.#header = header;
    this.#delimiter = delimiter as CsvOptions["delimiter"];
  }

  begin(address: number, length: number, head: Uint8Array | null = null): void {
    const delimiter = this.#delimiter;
    if (head === null || !this.#header) return this.#parser.begin(address, length, { header: this.#header, delimiter });
    this.#names ??= this.#readNames(head);
    this.#parser.begin(address, length, { header: false, names: this.#names, delimiter });
  }

  #readNames(head: Uint8Array): readonly string[] {
    const at = this.#kernel.arena(head.length);
    this.#kernel.copyIn(head, at);
    this.#parser.begin(at, head.length, { header: true, delimiter: this.#delimiter });
    return this.#parser.names;
  }

  next(): DecodedBatch | null {
    return this.#parser.next();
  }

  close(): void {
    this.#parser.close();
  }
}
