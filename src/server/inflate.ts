import { Buffer } from "node:buffer";
import { createGunzip, createInflate } from "node:zlib";
import { RdxError } from "../core/errors.ts";
import { INFLATE_INPUT_BYTES, INFLATE_RATIO_FREE_BYTES, INFLATE_STEP_BYTES } from "../core/limits.ts";

export interface InflateBounds {
  readonly bodyInflatedBytesMax: number;
  readonly bodyInflateRatioMax: number;
}

/**
 * Inflates a body piece by piece: gzip (RFC 1952, also several members in a row) or deflate (zlib, RFC 1950). At
 * most INFLATE_INPUT_BYTES go in and at most INFLATE_STEP_BYTES come out before size and ratio are checked again, so
 * that a bomb costs no more memory than its bound.
 */
export class Inflater {
  readonly #stream: ReturnType<typeof createGunzip>;
  readonly #bounds: InflateBounds;
  #taken = 0;
  #given = 0;
  #failure: Error | null = null;
  #settle: (() => void) | null = null;

  /** `take` gets what comes out, in order. What it throws ends the inflating. */
  constructor(encoding: "gzip" | "deflate", bounds: InflateBounds, take: (piece: Uint8Array) => void) {
    this.#bounds = bounds;
    this.#stream = (encoding === "gzip" ? createGunzip : createInflate)({ chunkSize: INFLATE_STEP_BYTES });
    this.#stream.on("data", (piece: Uint8Array) => {
      if (this.#failure) return;
      try {
        this.#given += piece.length;
        this.#check();
        take(piece);
      } catch (thrown) {
        this.#fail(thrown as Error);
      }
    });
    this.#stream.on("error", (error: Error) => {
      this.#fail(new RdxError("invalid", `Cannot inflate the body: ${error.message}`));
    });
    this.#stream.on("end", () => this.#settle?.());
  }

  /** Bytes that came out so far. */
  get given(): number {
    return this.#given;
  }

  /** Takes the next packed bytes; resolves when all that they hold came out. Throws RdxError("invalid" | "too_large"). */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += INFLATE_INPUT_BYTES) {
      const length = Math.min(INFLATE_INPUT_BYTES, bytes.length - at);
      this.#taken += length;
      const step = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
      await this.#until((done) => this.#stream.write(step, () => done()));
    }
  }

  /** Ends the body. Throws RdxError("invalid") when it is cut short. */
  end(): Promise<void> {
    return this.#until((done) => {
      this.#settle = done;
      this.#stream.end();
    });
  }

  /** Frees what inflating holds. */
  close(): void {
    this.#stream.destroy();
  }

  #until(start: (done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#settle = null;
        if (this.#failure) reject(this.#failure);
        else resolve();
      };
      if (this.#failure) return done();
      this.#settle = done;
      start(done);
    });
  }

  #fail(failure: Error): void {
    this.#failure ??= failure;
    this.#stream.destroy();
    this.#settle?.();
  }

  #check(): void {
    const { bodyInflatedBytesMax, bodyInflateRatioMax } = this.#bounds;
    if (this.#given > bodyInflatedBytesMax) {
      throw new RdxError("too_large", `Cannot take a body of more than ${bodyInflatedBytesMax} bytes after inflating`);
    }
    if (this.#given > INFLATE_RATIO_FREE_BYTES && this.#given > this.#taken * bodyInflateRatioMax) {
      throw new RdxError(
        "too_large",
        `Cannot take a body that inflates to more than ${bodyInflateRatioMax} times its size`,
      );
    }
  }
}
