// Memory of the JSON parser. What TypeScript reads or writes too is repeated in src/kernel/json_layout.ts; a test
// holds both equal.

// PARSER: one for each JsonParser. What is used on the hot path is copied to globals while json_next runs.
export const PARSER_SIZE: i32 = 192;
export const PARSER_COLUMNS: i32 = 0; // address of COLUMN_STATEs
export const PARSER_COLUMN_COUNT: i32 = 4;
export const PARSER_EDGES: i32 = 8; // address of EDGEs
export const PARSER_EDGE_COUNT: i32 = 12;
export const PARSER_SLOTS: i32 = 16; // hash table of edges: i32 edge + 1, 0 = free
export const PARSER_SLOT_COUNT: i32 = 20;
export const PARSER_FRAMES: i32 = 24; // stack of FRAMEs
export const PARSER_DEPTH_MAX: i32 = 28;
export const PARSER_TEMPLATES: i32 = 32; // TEMPLATE_COUNT templates
export const PARSER_COERCE: i32 = 36;
export const PARSER_ERRORS: i32 = 40; // ERRORs of the last json_next
export const PARSER_ERRORS_MAX: i32 = 44;
export const PARSER_ERROR_COUNT: i32 = 48;
export const PARSER_FLAGS: i32 = 52; // FLAG_… of the last json_next
export const PARSER_ROWS: i32 = 56; // rows of the last json_next
export const PARSER_FORMAT: i32 = 60; // a FORMAT_…
export const PARSER_STATE: i32 = 64; // where in a json text: a STATE_… of array.ts
export const PARSER_INPUT: i32 = 68;
export const PARSER_LIMIT: i32 = 72; // end of the input
export const PARSER_AT: i32 = 76; // where the next row is looked for
export const PARSER_BITMAP: i32 = 80;
export const PARSER_BITMAP_BYTES: i32 = 84;
export const PARSER_UNESCAPED: i32 = 88; // buffer of unescaped strings, 0 until one is needed
export const PARSER_UNESCAPED_BYTES: i32 = 92;
export const PARSER_UNESCAPED_AT: i32 = 96;
export const PARSER_SERIAL: i32 = 100; // number of the last strictly parsed row
export const PARSER_LINE_AT: i32 = 104; // lines are counted up to here
export const PARSER_LINE: i32 = 108;
export const PARSER_LINE_START: i32 = 112;
export const PARSER_LEAVES: i32 = 116; // leaves of the row that is parsed strictly
export const PARSER_LAST: i32 = 120; // the template that the last row had
export const PARSER_CREDIT: i32 = 124; // what templates have earned lately
export const PARSER_ASLEEP: i32 = 128; // rows until templates are tried again
export const PARSER_BLOCK_BYTES: i32 = 132; // of the block that holds the parser and all its tables
export const PARSER_STRICT_ROWS: i32 = 136; // rows of this input that no template matched
export const PARSER_SCANNED: i32 = 140; // the bitmap is written up to here
export const PARSER_LINES_END: i32 = 144; // lines: the end of the last whole line in what is scanned
export const PARSER_HOT: i32 = 148; // a template that is to be compiled, or 0
export const PARSER_HOT_ROWS: i32 = 152; // rows that a template has matched when it is to be compiled
export const PARSER_COPIES: i32 = 156; // how often a byte of the input may be copied: columns may lie in each other

// Types of columns of nested values, beside those of ../layout.ts: which JSON their texts are
export const NESTED_ARRAY: i32 = 16;
export const NESTED_OBJECT: i32 = 17;
export const NESTED_ANY: i32 = 18;

export const FORMAT_NDJSON: i32 = 0;
export const FORMAT_JSON: i32 = 1;

export const FLAG_UNKNOWN: i32 = 1; // a key was seen that no column takes
export const FLAG_FATAL: i32 = 2; // nothing behind the last error can be read
export const FLAG_END: i32 = 4; // the input is finished

// COLUMN_STATE, 64 bytes: a column and what the row at hand has given it
//
//  0      4          8       12          16     20         24      28      32    36       40       44
//  +------+----------+-------+-----------+------+----------+-------+-------+-----+--------+--------+-------+
//  | type | nullable | scale | precision | data | validity | stamp | state | via | bad at | reason | index |
//  +------+----------+-------+-----------+------+----------+-------+-------+-----+--------+--------+-------+
//  `state` holds for the row whose serial is `stamp`; `via` is the edge that gave the value
export const COLUMN_STATE_SIZE: i32 = 64;
export const COLUMN_STATE_TYPE: i32 = 0;
export const COLUMN_STATE_NULLABLE: i32 = 4;
export const COLUMN_STATE_SCALE: i32 = 8;
export const COLUMN_STATE_PRECISION: i32 = 12;
export const COLUMN_STATE_DATA: i32 = 16;
export const COLUMN_STATE_VALIDITY: i32 = 20;
export const COLUMN_STATE_STAMP: i32 = 24;
export const COLUMN_STATE_STATE: i32 = 28;
export const COLUMN_STATE_VIA: i32 = 32;
export const COLUMN_STATE_BAD_AT: i32 = 36;
export const COLUMN_STATE_REASON: i32 = 40;
export const COLUMN_STATE_INDEX: i32 = 44;

// EDGE, 32 bytes: a key at a node of the tree of wanted keys; node 0 is the row. Edges are in preorder: those below
// edge i are i + 1 to `last` - 1.
//
//  0      4             8            12                      16                    20     24      28
//  +------+-------------+------------+-----------------------+---------------------+------+-------+----------+
//  | node | key address | key length | column position or -1 | node below it or -1 | last | stamp | reserved |
//  +------+-------------+------------+-----------------------+---------------------+------+-------+----------+
//  `stamp`: serial of the last row in which the key was seen
export const EDGE_SIZE: i32 = 32;
export const EDGE_NODE: i32 = 0;
export const EDGE_KEY: i32 = 4;
export const EDGE_KEY_LENGTH: i32 = 8;
export const EDGE_COLUMN: i32 = 12;
export const EDGE_CHILD: i32 = 16;
export const EDGE_LAST: i32 = 20;
export const EDGE_STAMP: i32 = 24;

// ERROR, 32 bytes; offsets count from the input's first byte
export const ERROR_SIZE: i32 = 32;
export const ERROR_REASON: i32 = 0;
export const ERROR_OFFSET: i32 = 4;
export const ERROR_LINE: i32 = 8;
export const ERROR_COLUMN: i32 = 12; // in bytes, from 1
export const ERROR_FIELD: i32 = 16; // position of the column or -1
export const ERROR_START: i32 = 20; // of the row
export const ERROR_END: i32 = 24;

// Reasons; those from REASON_MISMATCH on are of rows that are valid JSON
export const REASON_VALUE: i32 = 1; // a value was expected
export const REASON_KEY: i32 = 2;
export const REASON_COLON: i32 = 3;
export const REASON_IN_OBJECT: i32 = 4; // a comma or } was expected
export const REASON_IN_ARRAY: i32 = 5; // a comma or ] was expected
export const REASON_END: i32 = 6; // the end of the text or line was expected
export const REASON_UNTERMINATED: i32 = 7; // of a string
export const REASON_CONTROL: i32 = 8; // a control character in a string
export const REASON_ESCAPE: i32 = 9;
export const REASON_UTF8: i32 = 10;
export const REASON_NUMBER: i32 = 11;
export const REASON_DEPTH: i32 = 12;
export const REASON_MISMATCH: i32 = 32;
export const REASON_NOT_OBJECT: i32 = 32;
export const REASON_MISSING: i32 = 33;
export const REASON_NULL: i32 = 34;
export const REASON_KIND: i32 = 35; // a value of another kind
export const REASON_MALFORMED: i32 = 36; // a string that is not of the type's form
export const REASON_RANGE: i32 = 37;
export const REASON_INEXACT: i32 = 38;

// FRAME, 16 bytes: an object or array that is open
//
//  0       4                         8                        12
//  +-------+-------------------------+------------------------+------------------------+
//  | start | COLUMN_STATE that takes | node of its keys or -1 | character that ends it |
//  |       | it as text, or 0        |                        |                        |
//  +-------+-------------------------+------------------------+------------------------+
export const FRAME_SIZE: i32 = 16;
export const FRAME_START: i32 = 0;
export const FRAME_COLUMN: i32 = 4;
export const FRAME_NODE: i32 = 8;
export const FRAME_CLOSE: i32 = 12;
