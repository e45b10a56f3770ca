/*
 * Limits of state: what it may take in memory and on disk, and how it is handed out for checkpoints and taken in again.
 */

/** Bytes of keyed state of one task: what is left of its memory is for batches and for what grows while the old is still there. */
export const STATE_BYTES_MAX = 3 * 2 ** 30;
/** Least bound of keyed state of one task that can be asked for: the rows of some batches have to fit. */
export const STATE_LEAST_BYTES = 16 * 2 ** 20;
/** Part of its bound that a task's state takes where cold rows can leave it. */
export const COLD_FILL_SHARE_MAX = 0.85;
/** Bytes of rows that leave in front of one batch, beside twice what the batch may need. */
export const COLD_EVICT_BYTES = 2 ** 20;
/** Checkpoints of a pipeline that are kept. */
export const CHECKPOINTS_KEPT_MAX = 3;
/** Deltas that lie on the base of a checkpoint before all become a new base. */
export const CHECKPOINT_DELTAS_MAX = 128;
/** Bytes of deltas that are left as they are, however small their base is. */
export const CHECKPOINT_SMALL_BYTES = 64 << 10;
/** Bytes of rows that are in memory at a time while a base and its deltas become a new base. */
export const CHECKPOINT_COMPACT_BYTES = 128 << 20;
/** Bytes of one piece of a savepoint; what claims to be longer is damaged. */
export const SAVEPOINT_PIECE_BYTES_MAX = 1 << 30;
/** Bytes of a savepoint that is imported. */
export const SAVEPOINT_BYTES_MAX = 256 * (1 << 30);
/** Savepoints of a pipeline that are kept under names. */
export const SAVEPOINTS_MAX = 1000;
/** Interval of checkpoints, unless it is told. */
export const CHECKPOINT_INTERVAL_MS = 10_000;
/** Bytes of state that a task hands out before whatever else waits for its worker has its turn. */
export const CUT_TURN_BYTES = 1 << 20;
/** Rows of a step of it: they, their columns and their frame are in the cache of a core together. */
export const CUT_STEP_ROWS_MAX = 2048;
/** Longest step in which a task hands out state in front of a cut, before it goes on with its rows; what is under way is finished. */
export const AHEAD_STEP_MS = 2;
/** Rounds of such steps in front of a cut. */
export const AHEAD_ROUNDS_MAX = 4;
/** A round that hands out no more rows leaves so few to the cut that no other follows. */
export const AHEAD_LAST_ROWS_MAX = 16_384;
/** Rows of a round, for each of the one before, beyond which state changes too fast for another. */
export const AHEAD_ROWS_A_ROW_MAX = 0.75;
/** Bytes that a task sets aside in front of a cut. */
export const AHEAD_BYTES_MAX = 192 << 20;
/** Such turns that a task is asked for while earlier ones are on their way. */
export const CUT_TURNS_MAX = 2;
/** Rows that a task sets aside for a checkpoint before it waits until they are taken. */
export const CUT_HELD_BYTES_MAX = 256 << 20;
/** About so much of that is taken at a time: a worker may do other work for tenths of a second between two times. */
export const CUT_TAKEN_BYTES = 32 << 20;
/** Bytes of a checkpoint that wait for the store: beyond it nothing more is taken from tasks and views. */
export const CUT_WAITING_BYTES_MAX = 256 << 20;
/** Bytes of a checkpoint that are given to tasks at a time when it is restored. */
export const RESTORE_TURN_BYTES = 4 << 20;
/** Longest wait before a checkpoint is tried again that could not be written. */
export const CHECKPOINT_RETRY_MS_MAX = 300_000;
/** Bytes that a checkpoint writes and checks at a time. */
export const CHECKPOINT_PIECE_BYTES = 1 << 20;
/** Bytes of steps that are on their way to the thread that writes checkpoints, and from there to files. */
export const CHECKPOINT_AHEAD_BYTES = 16 << 20;
/** Cold rows are written and gone through in pieces of so many bytes; a row that is longer stays in memory. */
export const COLD_CHUNK_BYTES = 65_536;
/** Records of rows that come back are read in pieces of so many bytes. */
export const COLD_ADMIT_BYTES = 2 ** 19;
/** Records that are not farther apart in their file are read at once. */
export const COLD_GAP_BYTES = 4096;
/** Of the working file of a task: what is written, or gone through again, as one. */
export const COLD_SEGMENT_BYTES = 4 * 2 ** 20;
/** The working file of one task, at most. */
export const COLD_FILE_BYTES_MAX = 64 * 2 ** 30;
/** Rows of a table that a look into the state of a pipeline gives at most. */
export const LOOK_ROWS_MAX = 1000;
/** The same when nobody says how many. */
export const LOOK_ROWS_DEFAULT = 100;
