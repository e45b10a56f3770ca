/** One value of a row in JavaScript: int64, decimal (scaled) and timestamp (epoch ms) are bigint; NULL is null. */
export type Value = bigint | number | boolean | string | Uint8Array | null;
