// Memory of the CSV parser. src/kernel/csv_layout.ts repeats it; a test holds both equal.

// PARSER, 64 bytes: one for each CsvParser. Addresses point into the input.
//
//  0           4           8            12           16          20           24
//  +-----------+-----------+------------+------------+-----------+------------+-------------+
//  | at        | end       | line       | line start | delimiter | fields     | field count |
//  +-----------+-----------+------------+------------+-----------+------------+-------------+
//  | errors    | errors max| rows max   | rows       | errors    | missing    | 12 unused   |
//  | address   |           |            |            | count     |            |             |
//  +-----------+-----------+------------+------------+-----------+------------+-------------+
//  28          32          36           40           44          48           52
//  `missing`: position of a column that every row needs and no field gives, or -1
export const PARSER_SIZE: i32 = 64;
export const PARSER_AT: i32 = 0;
export const PARSER_END: i32 = 4;
export const PARSER_LINE: i32 = 8;
export const PARSER_LINE_START: i32 = 12;
export const PARSER_DELIMITER: i32 = 16;
export const PARSER_FIELDS: i32 = 20;
export const PARSER_FIELD_COUNT: i32 = 24;
export const PARSER_ERRORS: i32 = 28;
export const PARSER_ERRORS_MAX: i32 = 32;
export const PARSER_ROWS_MAX: i32 = 36;
export const PARSER_ROWS: i32 = 40; // of the last csv_next
export const PARSER_ERROR_COUNT: i32 = 44; // of the last csv_next
export const PARSER_MISSING: i32 = 48;

// FIELD, 32 bytes: what becomes of a field, by its position in the file
//
//  0                4      8          12      16          20         24       28
//  +----------------+------+----------+-------+-----------+----------+--------+-------+
//  | type, 0 skips  | data | validity | scale | precision | nullable | column | nulls |
//  +----------------+------+----------+-------+-----------+----------+--------+-------+
//  `data`, `validity` and `nulls` are written by csv_next; `column` is the position of the column
export const FIELD_SIZE: i32 = 32;
export const FIELD_TYPE: i32 = 0;
export const FIELD_DATA: i32 = 4;
export const FIELD_VALIDITY: i32 = 8;
export const FIELD_SCALE: i32 = 12;
export const FIELD_PRECISION: i32 = 16;
export const FIELD_NULLABLE: i32 = 20;
export const FIELD_COLUMN: i32 = 24;
export const FIELD_NULLS: i32 = 28;

// ERROR, 32 bytes: a row that was rejected
export const ERROR_SIZE: i32 = 32;
export const ERROR_REASON: i32 = 0;
export const ERROR_LINE: i32 = 4;
export const ERROR_COLUMN: i32 = 8; // in bytes, from 1
export const ERROR_FIELD: i32 = 12; // position of the column or -1
export const ERROR_START: i32 = 16; // addresses of the row's text, without the line's end
export const ERROR_END: i32 = 20;

// Reasons; those from REASON_MISMATCH on are of rows whose form is right
export const REASON_STRAY_QUOTE: i32 = 1; // in a field that does not begin with one
export const REASON_AFTER_QUOTE: i32 = 2; // text behind a closing quote
export const REASON_UNTERMINATED: i32 = 3;
export const REASON_TOO_FEW: i32 = 4;
export const REASON_TOO_MANY: i32 = 5;
export const REASON_UTF8: i32 = 6;
export const REASON_MISMATCH: i32 = 32;
export const REASON_MISSING: i32 = 32; // a needed column that the file does not have
export const REASON_NULL: i32 = 33;
export const REASON_MALFORMED: i32 = 34;
export const REASON_RANGE: i32 = 35;
export const REASON_INEXACT: i32 = 36;

// What csv_next answers when it has no memory
export const NO_MEMORY: i32 = -1;
