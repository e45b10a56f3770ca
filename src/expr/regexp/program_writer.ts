/** Bytes of the header in front of what is written. */
const HEADER_BYTES = 80;

/** Bytes behind a header whose numbers are known at the end. */
export class ProgramWriter {
  readonly #bytes: number[] = [];

  /** Goes on to the next multiple of 8, where something begins; its place. */
  begin(): number {
    while (this.#bytes.length % 8 !== 0) this.#bytes.push(0);
    return HEADER_BYTES + this.#bytes.length;
  }

  u8(value: number): void {
    this.#bytes.push(value & 0xff);
  }

  u16(value: number): void {
    this.#bytes.push(value & 0xff, value >>> 8);
  }

  u32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.u8(value >>> shift);
  }

  bits(list: readonly number[], bytes: number): void {
    const set = new Uint8Array(bytes);
    for (const bit of list) set[bit >> 3] |= 1 << (bit & 7);
    this.#bytes.push(...set);
  }

  finish(header: readonly number[]): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(HEADER_BYTES + this.#bytes.length), view = new DataView(bytes.buffer);
    header.forEach((value, i) => view.setUint32(i * 4, value, true));
    bytes.set(this.#bytes, HEADER_BYTES);
    return bytes;
  }
}
