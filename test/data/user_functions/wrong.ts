export const slow = async (rows: number) => {
  await Promise.resolve();
  throw new Error(`nobody waits for ${rows} rows`);
};

export const text = (rows: number) => Array.from({ length: rows }, () => "text");

export const other = (rows: number) => new BigInt64Array(rows);

export const number = 5;
