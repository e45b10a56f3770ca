/** Where checkpoints are in a data directory, as files. */
export const CHECKPOINTS_ROOM = "checkpoints";

/** Where they are instead, in one database. */
export const DATABASE_NAME = "checkpoints.sqlite";
