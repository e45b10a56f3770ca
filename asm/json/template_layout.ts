// Memory of what the parser learns. Code for templates is made from it (src/kernel/json_code.ts); what that needs is
// repeated in src/kernel/json_template_layout.ts; a test holds both equal.

// TEMPLATE: the shape of a row as it was learned, literal, leaf, literal, leaf, …, literal. A row of the same shape
// needs its literals compared and its leaves checked, and is then as strictly validated as the row that was learned.
//
//  0         4         8       12           16              20          24     28       32    36
//  +---------+---------+-------+------------+---------------+-----------+------+--------+-----+----------+
//  | entries | unknown | score | null count | nulls address | successor | code | credit | row | compiled |  … 64, then
//  +---------+---------+-------+------------+---------------+-----------+------+--------+-----+----------+  the entries
//  entries: those with leaves; one more holds the last literal. NOTHING: no shape is learned here. nulls: COLUMN_STATEs
//  (u32) that are NULL in this shape. successor: the template that came behind it last. code: the function that reads
//  rows of this shape, or 0; credit: what it has earned; row: the row it stopped at; compiled: it has or had code.
export const TEMPLATE_SIZE: i32 = 64;
export const TEMPLATE_ENTRIES: i32 = 0;
export const TEMPLATE_UNKNOWN: i32 = 4;
export const TEMPLATE_SCORE: i32 = 8;
export const TEMPLATE_NULL_COUNT: i32 = 12;
export const TEMPLATE_NULLS: i32 = 16;
export const TEMPLATE_SUCCESSOR: i32 = 20;
export const TEMPLATE_CODE: i32 = 24;
export const TEMPLATE_CREDIT: i32 = 28;
export const TEMPLATE_ROW: i32 = 32;
export const TEMPLATE_COMPILED: i32 = 36;
export const NOTHING: u32 = 0xffffffff;

// ENTRY, 64 bytes: a literal of up to 32 bytes and the leaf behind it. What a match needs is packed, since each
// access of memory is checked against its bounds.
//
//  0            32       36       37      38     39        40      44       48        52
//  +------------+--------+--------+-------+------+---------+-------+--------+---------+
//  | literal    | mask   | length | first | kind | typical | data  | column | advance |
//  |            | u32    | u8     | u8    | u8   | u8      | u32   | u32    | u32     |
//  +------------+--------+--------+-------+------+---------+-------+--------+---------+
//  mask: a bit for each byte of the literal. first: where the next entry's literal has its first marked byte. typical: bytes
//  of the leaf in the row that was learned, 255 at most. data: the column's cells, of this batch. column: a COLUMN_STATE or 0. advance: of the last literal, what of it is the row's.
export const ENTRY_SIZE: i32 = 64;
export const ENTRY_LITERAL_MAX: i32 = 32;
export const ENTRY_MASK: i32 = 32;
export const ENTRY_LENGTH: i32 = 36;
export const ENTRY_FIRST: i32 = 37;
export const ENTRY_KIND: i32 = 38;
export const ENTRY_TYPICAL: i32 = 39;
export const ENTRY_DATA: i32 = 40;
export const ENTRY_COLUMN: i32 = 44;
export const ENTRY_ADVANCE: i32 = 48;

// How templates name what stands between two literals.
export const LEAF_NONE: i32 = 0; // nothing: the literal goes on in the next entry
export const LEAF_INTEGER: i32 = 1; // a whole number of at most 16 digits, for an int64 or timestamp column
export const LEAF_STRING: i32 = 2; // a string, for a string column
export const LEAF_SKIPPED_STRING: i32 = 3;
export const LEAF_TEXT: i32 = 4; // a string, for a column of another type
export const LEAF_SKIPPED_NUMBER: i32 = 5;
export const LEAF_SKIPPED_WORD: i32 = 6;
export const LEAF_NUMBER: i32 = 7; // any number, for a column
export const LEAF_BOOL: i32 = 8; // true or false, for a column
export const LEAF_VALUE: i32 = 9; // an array, or an object as text; its column may be 0
