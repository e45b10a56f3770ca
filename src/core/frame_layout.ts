// The FRAME layout that asm/layout.ts draws, for rooms that read frames without WebAssembly. Offsets count from the first byte
// of the frame (FRAME_…) or of the column's entry (FRAME_COLUMN_…); numbers are little endian.

export const FRAME_MAGIC = 0x46584452;
export const FRAME_HEADER_SIZE = 64;
export const FRAME_MAGIC_AT = 0;
export const FRAME_BYTES = 4;
export const FRAME_ROWS = 8;
export const FRAME_COLUMNS = 12;
export const FRAME_TIME_MAX = 16;
export const FRAME_TIME_MIN = 24;
export const FRAME_FLAGS = 32;
export const FRAME_KINDS = 36;
export const FRAME_NUMBER = 40;
export const FRAME_SCHEMA = 44;
export const FRAME_COLUMN_SIZE = 32;
export const FRAME_COLUMN_TYPE = 0;
export const FRAME_COLUMN_NULLS = 4;
export const FRAME_COLUMN_VALIDITY = 8;
export const FRAME_COLUMN_DATA = 12;
export const FRAME_COLUMN_DATA_BYTES = 16;
export const FRAME_COLUMN_CHARS = 20;
export const FRAME_COLUMN_CHARS_BYTES = 24;
export const FRAME_COLUMN_SCALE = 28;
