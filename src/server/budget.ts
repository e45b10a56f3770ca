import { RdxError } from "../core/errors.ts";

/** The memory that all request bodies and messages together may hold while they are read or decoded. */
export class Budget {
  readonly #bytesMax: number;
  #used = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that are held now. */
  get used(): number {
    return this.#used;
  }

  /** A share of the memory that grows as it is needed. */
  share(): Share {
    let held = 0;
    return {
      take: (bytes) => {
        if (this.#used + bytes > this.#bytesMax) {
          throw new RdxError(
            "busy",
            `Cannot read more than ${this.#bytesMax} bytes of request bodies at one time: send again later`,
          );
        }
        this.#used += bytes;
        held += bytes;
      },
      release: () => {
        this.#used -= held;
        held = 0;
      },
    };
  }
}

/** What one request holds. */
export interface Share {
  /** Takes `bytes` more. Throws RdxError("busy") when all requests together would hold too much. */
  take(bytes: number): void;
  /** Gives all of it back; may be called again. */
  release(): void;
}
