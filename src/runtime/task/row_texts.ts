import type { DecodeOptions, InputFormat } from "../../codec.ts";
import { DEAD_HEAD_BYTES_MAX, DEAD_RAW_BYTES_MAX } from "../../core/limits.ts";
import type { Letter } from "../dead_letters.ts";

const QUOTE = 0x22, LINE_FEED = 0x0a, CARRIAGE_RETURN = 0x0d;
const lenient = new TextDecoder(), strict = new TextDecoder("utf-8", { fatal: true });

interface Body {
  readonly body: Uint8Array;
  readonly format: InputFormat | "arrow";
  readonly options: DecodeOptions;
}

/** The texts of bad rows, with what is needed to read them again: a row that is cut, or no UTF-8, is there to be looked at only. */
export class RowTexts {
  readonly #body: Uint8Array;
  /** What a whole row is. */
  readonly #format: string | null;
  readonly #head: string | null;

  constructor({ body, format, options }: Body) {
    this.#body = body;
    if (format !== "csv") {
      this.#format = "json";
      this.#head = null;
      return;
    }
    const { header = true, delimiter = "," } = options, head = header ? headOf(body) : null;
    this.#format = header && head === null ? null : csvFormat(delimiter);
    this.#head = head;
  }

  of(start: number, end: number): Pick<Letter, "raw" | "format" | "head"> {
    const bytes = this.#body.subarray(start, Math.min(end, start + DEAD_RAW_BYTES_MAX));
    const whole = end > start && end - start === bytes.length && this.#format !== null ? textOf(bytes) : null;
    if (whole === null) return { raw: lenient.decode(bytes), format: null, head: null };
    return { raw: whole, format: this.#format, head: this.#head };
  }
}

/** What a dead letter says of its text: `csv`, and its delimiter if that is no comma. */
export function csvFormat(delimiter: string): string {
  return delimiter === "," ? "csv" : `csv;delimiter=${delimiter}`;
}

/** The first record of a CSV text without its line end, or null for one that is too long or no text. */
function headOf(body: Uint8Array): string | null {
  let quoted = false;
  for (let at = 0; at < body.length && at <= DEAD_HEAD_BYTES_MAX; at++) {
    const byte = body[at];
    if (byte === QUOTE) quoted = !quoted;
    else if (!quoted && (byte === LINE_FEED || byte === CARRIAGE_RETURN)) return textOf(body.subarray(0, at));
  }
  return body.length <= DEAD_HEAD_BYTES_MAX && !quoted ? textOf(body) : null;
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}
