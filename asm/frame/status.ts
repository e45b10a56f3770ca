// What frame kernels answer instead of a size or a number of rows.

/** The memory's maximum is reached. */
export const NO_MEMORY: i32 = -1;
/** The bytes are no frame, or damaged. */
export const CORRUPTED: i32 = -2;
/** The rows do not fit into one frame of less than 2 GiB. */
export const TOO_LARGE: i32 = -3;
