import { RdxError } from "../../errors.ts";
import { ARROW_DECODED_BYTES_MAX } from "../../limits.ts";

/** The error for Arrow data that cannot be read or taken; `field` names the column. */
export function arrowError(reason: string, field?: string): RdxError {
  const where = field === undefined ? "Arrow data" : `Arrow column ${JSON.stringify(field)}`;
  return new RdxError("invalid", `Cannot read the ${where}: ${reason}`, field === undefined ? [] : [{ field, reason }]);
}

/** Counts what Arrow data decodes to, before it is allocated: a small message can claim much. */
export class DecodeBudget {
  #bytes = 0;

  constructor(readonly bytesMax: number = ARROW_DECODED_BYTES_MAX) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws RdxError("too_large") when that is more than there may be. */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.bytesMax) {
      throw new RdxError(
        "too_large",
        `The Arrow data takes more than ${this.bytesMax} bytes decoded: send it in smaller pieces`,
      );
    }
  }
}
