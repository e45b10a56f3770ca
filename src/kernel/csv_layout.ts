// Memory of the CSV parser, as asm/csv/layout.ts draws it; a test holds both equal.

export const PARSER_SIZE = 64;
export const PARSER_AT = 0;
export const PARSER_END = 4;
export const PARSER_LINE = 8;
export const PARSER_LINE_START = 12;
export const PARSER_DELIMITER = 16;
export const PARSER_FIELDS = 20;
export const PARSER_FIELD_COUNT = 24;
export const PARSER_ERRORS = 28;
export const PARSER_ERRORS_MAX = 32;
export const PARSER_ROWS_MAX = 36;
export const PARSER_ROWS = 40; // of the last csv_next
export const PARSER_ERROR_COUNT = 44; // of the last csv_next
export const PARSER_MISSING = 48;

export const FIELD_SIZE = 32;
export const FIELD_TYPE = 0;
export const FIELD_DATA = 4;
export const FIELD_VALIDITY = 8;
export const FIELD_SCALE = 12;
export const FIELD_PRECISION = 16;
export const FIELD_NULLABLE = 20;
export const FIELD_COLUMN = 24;
export const FIELD_NULLS = 28;

export const ERROR_SIZE = 32;
export const ERROR_REASON = 0;
export const ERROR_LINE = 4;
export const ERROR_COLUMN = 8; // in bytes, from 1
export const ERROR_FIELD = 12; // position of the column or -1
export const ERROR_START = 16; // addresses of the row's text, without the line's end
export const ERROR_END = 20;

// Reasons; those from REASON_MISMATCH on are of rows whose form is right
export const REASON_STRAY_QUOTE = 1; // in a field that does not begin with one
export const REASON_AFTER_QUOTE = 2; // text behind a closing quote
export const REASON_UNTERMINATED = 3;
export const REASON_TOO_FEW = 4;
export const REASON_TOO_MANY = 5;
export const REASON_UTF8 = 6;
export const REASON_MISMATCH = 32;
export const REASON_MISSING = 32; // a needed column that the file does not have
export const REASON_NULL = 33;
export const REASON_MALFORMED = 34;
export const REASON_RANGE = 35;
export const REASON_INEXACT = 36;

// What csv_next answers when it has no memory
export const NO_MEMORY = -1;
