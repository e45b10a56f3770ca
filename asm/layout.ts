// Memory layouts that TypeScript and the kernels share. A test holds this file and src/kernel/layout.ts equal, name by name.

// Types of columns
export const INT64: i32 = 1;
export const DOUBLE: i32 = 2;
export const DECIMAL: i32 = 3;
export const BOOL: i32 = 4;
export const TIMESTAMP: i32 = 5;
export const STRING: i32 = 6;
export const BYTES: i32 = 7;
export const DECIMAL128: i32 = 8; // 16 bytes of a REF (asm/decimal/cell.ts)

// COLUMN, 16 bytes: how a vector is handed to a kernel
//
//  0          4          8            12        16
//  +----------+----------+------------+---------+
//  | type u32 | data u32 | validity   | scale   |
//  |          | address  | address, 0 | u32     |
//  +----------+----------+------------+---------+
export const COLUMN_SIZE: i32 = 16;
export const COLUMN_TYPE: i32 = 0;
export const COLUMN_DATA: i32 = 4;
export const COLUMN_VALIDITY: i32 = 8;
export const COLUMN_SCALE: i32 = 12;

// REF, 8 bytes: a cell of a string or bytes column
//
//  0             4            8
//  +-------------+------------+
//  | address u32 | length u32 |
//  +-------------+------------+
export const REF_SIZE: i32 = 8;

// REGISTER, 16 bytes: an operand of an expression kernel. A kernel reads cells 64 rows at a time and then goes on by `step` times 64 cells:
// a constant is 64 equal cells that serve every 64 rows.
//
//  0             4                  8            12           16
//  +-------------+------------------+------------+------------+
//  | data u32    | validity u32     | step u32   | count u32  |
//  | address     | address, 0 none  | 0 constant | cells of a |
//  |             |                  | 1 a column | list       |
//  +-------------+------------------+------------+------------+
export const REGISTER_SIZE: i32 = 16;
export const REGISTER_DATA: i32 = 0;
export const REGISTER_VALIDITY: i32 = 4;
export const REGISTER_STEP: i32 = 8;
export const REGISTER_COUNT: i32 = 12;

// FRAME: a batch that leaves a kernel's memory, in one piece that can be copied anywhere. All offsets count from the frame's first byte.
// Buffers have Arrow's layout and start at multiples of 64, so that an Arrow IPC body is made of them without a change.
//
//  0            4            8           12             16              24             32
//  +------------+------------+-----------+--------------+---------------+--------------+
//  | magic u32  | bytes u32  | rows u32  | columns u32  | time_max i64  | time_min i64 |
//  +------------+------------+-----------+--------------+---------------+--------------+
//  | flags u32  | kinds u32  | number u32| schema u32   | reserved 16 bytes            |
//  +------------+------------+-----------+--------------+------------------------------+
//  32           36           40          44             48                             64
//  then for each column 32 bytes (FRAME_COLUMN), then the buffers
//
//  0          4           8               12         16          20           24          28
//  +----------+-----------+---------------+----------+-----------+------------+-----------+-----------+
//  | type u32 | nulls u32 | validity u32  | data u32 | data      | chars u32  | chars     | scale u32 |
//  |          |           | offset, 0 none| offset   | bytes u32 | offset     | bytes u32 |           |
//  +----------+-----------+---------------+----------+-----------+------------+-----------+-----------+
//  data of string and bytes columns: rows + 1 int32 offsets into chars
export const FRAME_MAGIC: i32 = 0x46584452;
export const FRAME_HEADER_SIZE: i32 = 64;
export const FRAME_MAGIC_AT: i32 = 0;
export const FRAME_BYTES: i32 = 4;
export const FRAME_ROWS: i32 = 8;
export const FRAME_COLUMNS: i32 = 12;
export const FRAME_TIME_MAX: i32 = 16;
export const FRAME_TIME_MIN: i32 = 24;
export const FRAME_FLAGS: i32 = 32;
export const FRAME_KINDS: i32 = 36;
export const FRAME_NUMBER: i32 = 40;
export const FRAME_SCHEMA: i32 = 44;
export const FRAME_COLUMN_SIZE: i32 = 32;
export const FRAME_COLUMN_TYPE: i32 = 0;
export const FRAME_COLUMN_NULLS: i32 = 4;
export const FRAME_COLUMN_VALIDITY: i32 = 8;
export const FRAME_COLUMN_DATA: i32 = 12;
export const FRAME_COLUMN_DATA_BYTES: i32 = 16;
export const FRAME_COLUMN_CHARS: i32 = 20;
export const FRAME_COLUMN_CHARS_BYTES: i32 = 24;
export const FRAME_COLUMN_SCALE: i32 = 28;

export const KEY_GROUPS: i32 = 128;
