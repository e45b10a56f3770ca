import { createHash } from "node:crypto";

/** The platform computes digests in threads of its own, which end when they please: until this is disposed of, they are computed at once. */
export function digestsAtOnce(): Disposable {
  const value = (_algorithm: string, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> =>
    Promise.resolve(new Uint8Array(createHash("sha256").update(data).digest()).buffer);
  Object.defineProperty(crypto.subtle, "digest", { configurable: true, value });
  return { [Symbol.dispose]: () => void Reflect.deleteProperty(crypto.subtle, "digest") };
}
