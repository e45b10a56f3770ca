/** Connections of one address on which the head of a request has begun and has not come to its end. */
export const HALF_HEADS_OF_ADDRESS_MAX = 256;

/**
 * Connections in the midst of a head, by the address that they come from. Of one address only so many are waited for, and behind those the oldest is ended: whoever keeps many
 * has no room but its own.
 */
export class HalfHeads {
  readonly #byAddress = new Map<string, Set<() => void>>();

  /** A head has begun; `end` ends its connection. The returned function says that it is whole, or that nobody waits for it any more. */
  begin(address: string, end: () => void): () => void {
    const own = this.#byAddress.get(address) ?? new Set(), one = () => end();
    this.#byAddress.set(address, own.add(one));
    const [oldest] = own;
    if (own.size > HALF_HEADS_OF_ADDRESS_MAX) {
      own.delete(oldest);
      oldest();
    }
    return () => {
      own.delete(one);
      if (own.size === 0 && this.#byAddress.get(address) === own) this.#byAddress.delete(address);
    };
  }

  /** How many addresses have some. */
  get addresses(): number {
    return this.#byAddress.size;
  }
}
