// Memory of templates that both sides use; asm/json/template_layout.ts draws it, and a test holds both equal, name by name.

export const TEMPLATE_SIZE = 64;
export const TEMPLATE_ENTRIES = 0;
export const TEMPLATE_CODE = 24;
export const TEMPLATE_ROW = 32;
export const TEMPLATE_COMPILED = 36;
export const ENTRY_SIZE = 64;
export const ENTRY_LENGTH = 36;
export const ENTRY_FIRST = 37;
export const ENTRY_KIND = 38;
export const ENTRY_TYPICAL = 39;
export const ENTRY_DATA = 40;
export const ENTRY_COLUMN = 44;
export const ENTRY_ADVANCE = 48;
export const LEAF_NONE = 0;
export const LEAF_INTEGER = 1;
export const LEAF_STRING = 2;
export const LEAF_SKIPPED_STRING = 3;
export const LEAF_TEXT = 4;
export const LEAF_SKIPPED_NUMBER = 5;
export const LEAF_SKIPPED_WORD = 6;
export const LEAF_NUMBER = 7;
export const LEAF_BOOL = 8;
export const LEAF_VALUE = 9;
