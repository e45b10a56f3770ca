const ZERO = 0x30;
const TEN_MILLION = 10_000_000;
/** Bytes that are copied at a time. */
const STEP_BYTES = 8;

/** ASCII text to copy from. */
export class Text {
  readonly length: number;
  readonly view: DataView<ArrayBuffer>;

  constructor(text: string) {
    this.length = text.length;
    const bytes = new Uint8Array(text.length + STEP_BYTES);
    new TextEncoder().encodeInto(text, bytes);
    this.view = new DataView(bytes.buffer);
  }
}

/**
 * Writes lines into memory that was reserved for them, with LineWriter.SLACK_BYTES behind that are written too: text is copied in steps
 * of eight bytes, and what is too much of the last step is written over by what comes next. V8 moves a BigInt between two
 * DataViews without making one, which is several times as fast as bytes one by one.
 */
export class LineWriter {
  static readonly SLACK_BYTES = STEP_BYTES;
  readonly #view: DataView;
  /** Where the next byte goes. */
  at = 0;

  constructor(target: Uint8Array) {
    this.#view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  }

  text(text: Text): void {
    this.part(text, 0, text.length);
  }

  /** Characters `from` to before `to` of a text. */
  part({ view: source }: Text, from: number, to: number): void {
    const target = this.#view;
    let at = this.at;
    for (let i = from; i < to; i += STEP_BYTES, at += STEP_BYTES) {
      target.setBigInt64(at, source.getBigInt64(i, true), true);
    }
    this.at += to - from;
  }

  /** A whole number from 0 to 10^14 − 1. */
  number(value: number): void {
    if (value < TEN_MILLION) return this.padded(value, digitsOf(value));
    const high = Math.floor(value / TEN_MILLION);
    this.padded(high, digitsOf(high));
    this.padded(value - high * TEN_MILLION, 7);
  }

  /** A whole number below 10^7, in so many digits. */
  padded(value: number, digits: number): void {
    const target = this.#view, start = this.at;
    for (let i = start + digits - 1, left = value | 0; i >= start; i--) {
      const rest = left / 10 | 0;
      target.setUint8(i, ZERO + left - rest * 10);
      left = rest;
    }
    this.at = start + digits;
  }
}

/** Decimal digits of a whole number below 10^7. */
function digitsOf(value: number): number {
  if (value < 1000) return value < 10 ? 1 : value < 100 ? 2 : 3;
  return value < 10_000 ? 4 : value < 100_000 ? 5 : value < 1_000_000 ? 6 : 7;
}
