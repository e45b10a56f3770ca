// Memory of the JSON parser that both sides use; asm/json/layout.ts draws it, and a test holds both equal, name by name.

export const PARSER_COLUMNS = 0;
export const PARSER_EDGES = 8;
export const PARSER_ERRORS = 40;
export const PARSER_ERROR_COUNT = 48;
export const PARSER_FLAGS = 52;
export const PARSER_ROWS = 56;
export const PARSER_AT = 76;
export const PARSER_STRICT_ROWS = 136;
export const PARSER_HOT = 148;
export const PARSER_HOT_ROWS = 152;
export const PARSER_COPIES = 156;

export const NESTED_ARRAY = 16;
export const NESTED_OBJECT = 17;
export const NESTED_ANY = 18;

export const FORMAT_NDJSON = 0;
export const FORMAT_JSON = 1;

export const FLAG_UNKNOWN = 1;
export const FLAG_FATAL = 2;
export const FLAG_END = 4;

export const COLUMN_STATE_SIZE = 64;
export const COLUMN_STATE_TYPE = 0;
export const COLUMN_STATE_NULLABLE = 4;
export const COLUMN_STATE_SCALE = 8;
export const COLUMN_STATE_PRECISION = 12;
export const COLUMN_STATE_DATA = 16;
export const COLUMN_STATE_VALIDITY = 20;
export const COLUMN_STATE_INDEX = 44;

export const EDGE_SIZE = 32;
export const EDGE_NODE = 0;
export const EDGE_KEY = 4;
export const EDGE_KEY_LENGTH = 8;
export const EDGE_COLUMN = 12;
export const EDGE_CHILD = 16;
export const EDGE_LAST = 20;

export const ERROR_SIZE = 32;
export const ERROR_REASON = 0;
export const ERROR_OFFSET = 4;
export const ERROR_LINE = 8;
export const ERROR_COLUMN = 12;
export const ERROR_FIELD = 16;
export const ERROR_START = 20;
export const ERROR_END = 24;

export const REASON_VALUE = 1;
export const REASON_KEY = 2;
export const REASON_COLON = 3;
export const REASON_IN_OBJECT = 4;
export const REASON_IN_ARRAY = 5;
export const REASON_END = 6;
export const REASON_UNTERMINATED = 7;
export const REASON_CONTROL = 8;
export const REASON_ESCAPE = 9;
export const REASON_UTF8 = 10;
export const REASON_NUMBER = 11;
export const REASON_DEPTH = 12;
export const REASON_MISMATCH = 32;
export const REASON_NOT_OBJECT = 32;
export const REASON_MISSING = 33;
export const REASON_NULL = 34;
export const REASON_KIND = 35;
export const REASON_MALFORMED = 36;
export const REASON_RANGE = 37;
export const REASON_INEXACT = 38;
