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
/** Part of its bound that state takes beyond it for a moment, while those that have the memory are at work. */
export const COLD_LENT_SHARE_MAX = 0.15;
/** Bytes of memory that an operator leaves for each of the others of its task while it works, as long as these do not. */
export const COLD_SHARED_BYTES = 32 * 2 ** 20;
/** Bytes that no batch takes of the state, whatever its rows are: where more is free, nobody asks what it needs. */
export const COLD_BATCH_BYTES_MAX = 256 * 2 ** 20;
/** Bytes of rows of windows that leave in front of one batch, beside twice what the batch may need. */
export const COLD_LEAVE_BYTES = 64 * 2 ** 20;
/** What has left of a part of a window is written anew as one when it is so many times as long as it was when that was done last. */
export const COLD_PIECES_A_PART_MAX = 3;
/** Slices of a window that are asked for at a time. */
export const COLD_ASKED_SLICES_MAX = 4096;
/** Checkpoints of a pipeline that are kept. */
export const CHECKPOINTS_KEPT_MAX = 3;
/** Deltas that lie on the base of a checkpoint before all become a new base. */
export const CHECKPOINT_DELTAS_MAX = 128;
/** Checkpoints that have everything behind a delta of more than half of its base. */
export const CHECKPOINT_WHOLES_MAX = 32;
/** Bytes of a base up to which a checkpoint with everything takes the place of the work to merge it with its deltas. */
export const CHECKPOINT_WHOLE_BYTES_MAX = 192 << 20;
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
/** Part of the interval that passes behind the end of one that took long, in front of the next. */
export const CHECKPOINT_REST_SHARE_MAX = 0.25;
/** Bytes of state that a task hands out before whatever else waits for its worker has its turn. */
export const CUT_TURN_BYTES = 1 << 20;
/** Rows of a step of it: they, their columns and their frame are in the cache of a core together. */
export const CUT_STEP_ROWS_MAX = 4096;
/** Longest step in which a task hands out state in front of a cut, before it goes on with its rows; what is under way is finished. */
export const AHEAD_STEP_MS = 2;
/** Longest one behind a batch that took long itself. */
export const AHEAD_STEP_LONGEST_MS = 6;
/** Part of the time of such a batch that it has. */
export const AHEAD_STEP_LONGEST_SHARE_MAX = 0.25;
/** Shorter ones wait until more time has passed. */
export const AHEAD_STEP_SHORTEST_MS = 0.5;
/** Part of its time that a task with rows gives to such steps. */
export const AHEAD_SHARE_MAX = 2 / 3;
/** Rounds of such steps in front of a cut, by which it is sent. */
export const AHEAD_ROUNDS_MAX = 2;
/** A round that hands out no more rows leaves so few to the cut that it is sent. */
export const AHEAD_LAST_ROWS_MAX = 16_384;
/** Rows that a task takes behind a round that has left so few before it begins with another. */
export const AHEAD_REST_ROWS = 24_576;
/** Rows of a round, for each of the one before, beyond which another would leave no fewer. */
export const AHEAD_ROWS_A_ROW_MAX = 0.75;
/** Numbers in flight for each task while a cut is near: it comes behind them, and what they change is handed out once more. */
export const NEAR_CHUNKS_MAX = 2;
/** Time that tasks are to need at most for a range of a file, where rows have to be met in order: a cut waits for all that are in flight in front of it. */
export const RANGE_MS_MAX = 20;
/** Length of such ranges as long as nothing is known of that time. */
export const RANGE_FIRST_BYTES = 256 << 10;
/** The least length that they have, however long their rows take. */
export const RANGE_LEAST_BYTES = 64 << 10;
/** Bytes that a task sets aside in front of a cut before it waits until some are taken. */
export const AHEAD_HELD_BYTES_MAX = 192 << 20;
/** So many wait before any are taken in front of the cut: until then rounds that come to their end soon have the processors for themselves. */
export const AHEAD_TURN_BYTES = 128 << 20;
/** Shorter frames of state are not written where earlier ones were. */
export const SPARE_FRAME_LEAST_BYTES = 4096;
/** Bytes of frames of one checkpoint that are kept for those of the next. */
export const SPARE_FRAMES_BYTES_MAX = 192 << 20;
/** Longest step in which a task looks for the rows of a key among all rows, before it goes on with its rows; what is under way is finished. */
export const LOOK_STEP_MS = 1;
/** Places of rows that are looked at before a look asks what time it is. */
export const LOOK_STEP_PLACES_MAX = 4096;
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
/** Part of the memory for its state that a task is given at a time of a step that is restored. */
export const RESTORE_STEP_SHARE_MAX = 1 / 16;
/** Longest wait before a checkpoint is tried again that could not be written. */
export const CHECKPOINT_RETRY_MS_MAX = 300_000;
/** Bytes that a checkpoint writes and checks at a time. */
export const CHECKPOINT_PIECE_BYTES = 1 << 20;
/** Pieces of fewer bytes are copied together before they are written, which is less work than to write each. */
export const CHECKPOINT_JOIN_BYTES = 16 << 10;
/** Bytes of steps that are on their way to the thread that writes checkpoints, and from there to files. */
export const CHECKPOINT_AHEAD_BYTES = 16 << 20;
/** Cold rows are written and gone through in pieces of so many bytes; a row that is longer stays in memory. */
export const COLD_CHUNK_BYTES = 65_536;
/** Buckets of times at which cold rows may be due: beyond it, buckets of twice the length take their place. */
export const COLD_ALARM_BUCKETS_MAX = 1024;
/** Keys of a long stretch of time at which cold rows come out that are kept in no order: of more, the stretch is divided. */
export const COLD_DUES_UNSORTED_MAX = 4096;
/** Part of the bound of state that rows take which come back at a time because they come out, unless those of one time and key group take more. */
export const COLD_DUE_SHARE_MAX = 0.2;
/** Keys whose rows may be due that are read back at a time. */
export const COLD_LAPSE_KEYS_MAX = 4096;
/** Records of rows that come back are read in pieces of so many bytes. */
export const COLD_ADMIT_BYTES = 2 ** 19;
/** Steps of a restore of groups that hold more than cells are in memory up to so many bytes, the others in a working file. */
export const STAGED_GROUPS_BYTES = 16 * 2 ** 20;
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
/** Rows of sessions that have ended which come out at once. */
export const SESSION_ROWS_A_PULL_MAX = 8192;
/** Bytes of room of state for each of them, where sessions leave memory: what is made of them may take as much. */
export const SESSION_ROW_ROOM_BYTES = 4096;
