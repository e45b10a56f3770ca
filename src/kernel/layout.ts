// Memory layouts that TypeScript and the kernels share; asm/layout.ts draws them, and a test holds both equal, name by name.

export const INT64 = 1;
export const DOUBLE = 2;
export const DECIMAL = 3;
export const BOOL = 4;
export const TIMESTAMP = 5;
export const STRING = 6;
export const BYTES = 7;
export const DECIMAL128 = 8;

export const COLUMN_SIZE = 16;
export const COLUMN_TYPE = 0;
export const COLUMN_DATA = 4;
export const COLUMN_VALIDITY = 8;
export const COLUMN_SCALE = 12;

export const REF_SIZE = 8;

export const REGISTER_SIZE = 16;
export const REGISTER_DATA = 0;
export const REGISTER_VALIDITY = 4;
export const REGISTER_STEP = 8;
export const REGISTER_COUNT = 12;

export * from "../core/frame_layout.ts";

export const KEY_GROUPS = 128;
