import type { Log, LogRecord } from "../log.ts";

/** Goes through the records of a log from the one around offset `from` up to offset `to`, wherever they are kept. */
export async function eachRecord(
  log: Log<unknown>,
  from: number,
  to: number,
  visit: (record: LogRecord) => Promise<void> | void,
): Promise<void> {
  const reader = log.reader(from);
  try {
    while (reader.position < to) {
      const record = reader.next();
      if (record) await visit(record);
      else if (!reader.ready) await changeOf(log);
    }
  } finally {
    reader.close();
  }
}

/** Resolves when something is different in a log. */
export function changeOf(log: Log<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const leave = log.onChange(() => {
      leave();
      resolve();
    });
  });
}
