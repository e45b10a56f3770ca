/*
 * Limits of what is outside: tables that rows are looked up in, what results are written to, working files, and those who look.
 */

/** Rows of a lookup that wait for answers; beyond it its pipeline takes no more chunks. */
export const LOOKUP_PENDING_ROWS_MAX = 65_536;
/** Chunks of a pipeline with a lookup that are in flight for each worker: rows that wait are at most those of these more. */
export const LOOKUP_IN_FLIGHT_MAX = 4;
/** Keys whose rows a lookup keeps, unless its plan says otherwise. */
export const LOOKUP_CACHE_DEFAULT = 100_000;
/** Keys whose rows a lookup keeps at most. */
export const LOOKUP_CACHE_MAX = 10_000_000;
/** How long a lookup goes by an answer, unless its plan says otherwise. */
export const LOOKUP_CACHE_MS = 60_000;
/** Answers that are too old are looked for so often. */
export const LOOKUP_TICK_MS = 1000;
/** Keys of one question, unless the plan of the lookup says otherwise. */
export const LOOKUP_BATCH_DEFAULT = 256;
/** Keys of one question at most. */
export const LOOKUP_BATCH_MAX = 8192;
/** Questions of one lookup that are under way at the same time, unless its plan says otherwise. */
export const LOOKUP_CONCURRENCY_DEFAULT = 4;
/** The same at most. */
export const LOOKUP_CONCURRENCY_MAX = 64;
/** Time that an answer may take, unless the plan of the lookup says otherwise. */
export const LOOKUP_TIMEOUT_MS = 5000;
/** The same at most. */
export const LOOKUP_TIMEOUT_MS_MAX = 600_000;
/** Times that a question is asked in all before its rows go on without an answer. */
export const LOOKUP_TRIES_MAX = 4;
/** Wait before a question is asked for the second time; it doubles from then on. */
export const LOOKUP_RETRY_MS = 100;
/** Longest wait before a question is asked again. */
export const LOOKUP_RETRY_MS_MAX = 30_000;
/** Bytes of the answer to one question of a lookup. */
export const LOOKUP_ANSWER_BYTES_MAX = 16 << 20;
/** Rows of the answer to one question of a lookup. */
export const LOOKUP_ANSWER_ROWS_MAX = 1 << 18;
/** Rows of a table in SQLite that are read at once; of more each is read alone. */
export const LOOKUP_READ_ROWS_MAX = 16_384;
/** Parameters of one statement in SQLite. */
export const LOOKUP_PARAMETERS_MAX = 32_000;
/** Characters of the address that a lookup over HTTP asks. */
export const LOOKUP_URL_CHARS_MAX = 8192;
/** Redirects that a request of a lookup or a sink follows. */
export const REDIRECTS_MAX = 4;
/** Addresses that a lookup or a sink over HTTP keeps connections to. */
export const HTTP_CLIENTS_MAX = 64;
/** Tables in SQLite that a process looks rows up in; each has a thread. */
export const LOOKUP_THREADS_MAX = 64;
/** Tables in SQLite that a process writes to; each has a thread. */
export const SQLITE_SINKS_MAX = 64;
/** Time that a sink waits for a database which another process has locked. */
export const SQLITE_BUSY_MS_MAX = 30_000;
/** Rows of one part of a folder of files, unless its plan says otherwise. */
export const FILES_ROLL_ROWS_DEFAULT = 10_000_000;
/** The same at most. */
export const FILES_ROLL_ROWS_MAX = 1_000_000_000;
/** Bytes of one part, unless the plan says otherwise. */
export const FILES_ROLL_BYTES_DEFAULT = 128 << 20;
/** The same at most. */
export const FILES_ROLL_BYTES_MAX = 64 * 2 ** 30;
/** Time from the first row of a part to when it becomes visible, unless the plan says otherwise. */
export const FILES_ROLL_MS_DEFAULT = 10_000;
/** The same at most. */
export const FILES_ROLL_MS_MAX = 7 * 86_400_000;
/** Rows of one request of a webhook, unless its plan says otherwise. */
export const WEBHOOK_BATCH_ROWS_DEFAULT = 1000;
/** The same at most. */
export const WEBHOOK_BATCH_ROWS_MAX = 8192;
/** Time that the answer to a request of a webhook may take, unless its plan says otherwise. */
export const WEBHOOK_TIMEOUT_MS_DEFAULT = 10_000;
/** The same at most. */
export const WEBHOOK_TIMEOUT_MS_MAX = 600_000;
/** Bytes of one request of a webhook, unless a row by itself has more. */
export const WEBHOOK_BODY_BYTES_MAX = 4 << 20;
/** Longest wait before a request of a webhook is sent for the second time; it doubles from then on, and a random part of it is waited. */
export const WEBHOOK_RETRY_MS = 200;
/** The longest of these waits. */
export const WEBHOOK_RETRY_MS_MAX = 30_000;
/** Bytes of an answer that are told as its reason. */
export const WEBHOOK_REASON_BYTES = 512;
/** Bytes that wait in the outbox of a webhook. */
export const OUTBOX_BYTES_MAX = 1 << 30;
/** Failures in a row after which a server is left alone. */
export const BREAKER_FAILURES_MAX = 5;
/** Time for which it is. */
export const BREAKER_OPEN_MS = 10_000;
/** The same where nothing outlives the process. */
export const OUTBOX_MEMORY_BYTES_MAX = 64 << 20;
/** Rows that one statement puts into a table of SQLite. */
export const SQLITE_PUT_ROWS_MAX = 32;
/** Parameters of such a statement. */
export const SQLITE_PARAMETERS_MAX = 32_000;
