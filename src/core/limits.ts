/**
 * Every bound of the engine, by name, with its unit last. A queue, buffer, retry or loop that is not
 * bounded by one of these is a defect; a test checks that each name is used and ends with its unit.
 */

export * from "./limits_outside.ts";
export * from "./limits_state.ts";

/** Key groups: the unit in which keyed state is owned, moved and written. A power of two, fixed for ever: results order by it. */
export const KEY_GROUPS = 128;

/** Rows of one batch. Small enough that a handful of columns stays in the L2 cache. */
export const BATCH_ROWS_MAX = 8192;
/** Buffers of frames that a writer keeps to write later frames into. */
export const FRAMES_RECYCLED_MAX = 32;
/** Cells of one batch that a decoder makes: with many columns, its batches have fewer rows. */
export const BATCH_CELLS_MAX = 1 << 19;
/** Columns of one stream or batch. */
export const COLUMNS_MAX = 1024;
/** Nesting of JSON values that the parser follows before it refuses the row. */
export const JSON_DEPTH_MAX = 1000;
/** Rows that a shape of JSON rows has had when code is made for it. */
export const JSON_CODE_ROWS = 8192;
/** Modules of such code that a thread keeps, so that the next parser of the same rows need not compile it anew. */
export const JSON_CODE_MODULES_MAX = 64;

/** Bytes of a file that a worker reads as one chunk. */
export const RANGE_BYTES = 4 << 20;
/** Bytes of one line (or one CSV record) in a file; a longer one ends the pipeline, with the place in the file. */
export const LINE_BYTES_MAX = 16 << 20;
/** Rows of small log records that travel together as one chunk. */
export const CHUNK_ROWS = 8192;
/** Bytes of the same. */
export const CHUNK_BYTES = 2 << 20;
/** Bytes of a file with one JSON document, which cannot be cut. */
export const JSON_FILE_BYTES_MAX = 256 << 20;
/** Files that one reader keeps open; the least recently used is closed. */
export const FILES_OPEN_MAX = 64;
/** Chunks that a pipeline has in flight for each worker. */
export const IN_FLIGHT_CHUNKS_MAX = 8;
/** The same of files, whose chunks are not in memory before they are read. */
export const IN_FLIGHT_RANGES_MAX = 16;
/** Chunks that a worker works on before whatever else waits for it has its turn. */
export const TURN_CHUNKS_MAX = 8;
/** A chunk that ends behind so much of a turn is its last one. */
export const TURN_MS = 10;
/** Reports without results that a worker keeps back, to send them together. */
export const REPORTS_HELD_MAX = 16;
/** A chunk that took longer is reported at once. */
export const REPORT_BUSY_MS_MAX = 2;

/** Bytes of one request body as it arrives. */
export const BODY_BYTES_MAX = 32 << 20;
/** Bytes of one request body after inflating. */
export const BODY_INFLATED_BYTES_MAX = 32 << 20;
/** Inflated size divided by compressed size that a body may have once it is past 1 MiB inflated. */
export const BODY_INFLATE_RATIO_MAX = 200;
/** Time that a request body may make no progress. */
export const BODY_IDLE_MS_MAX = 10_000;
/** Bytes of a request body that have to come each second on average, at least, behind its first BODY_IDLE_MS_MAX, so that none lasts for ever (Kestrel's MinRequestBodyDataRate). */
export const BODY_EACH_SECOND_BYTES = 240;
/** Bytes of all request bodies that are being read or decoded at one time; beyond it 429. */
export const BODIES_BYTES_MAX = 96 << 20;

/** Rows of one Arrow record batch that comes in. */
export const ARROW_ROWS_MAX = 1 << 22;
/** Bytes that the columns of one Arrow record batch may take once they are decoded. */
export const ARROW_DECODED_BYTES_MAX = 256 << 20;
/** Dictionaries of one Arrow stream. */
export const ARROW_DICTIONARIES_MAX = 1024;

/** Objects in objects that inference makes columns of; what lies deeper is the JSON text of a string column. */
export const INFER_DEPTH_MAX = 16;

/** Errors that one ingest answer lists. */
export const INGEST_ERRORS_MAX = 20;
/** Rows with errors that one decoder call reports before it returns to its caller. */
export const DECODE_ERRORS_MAX = 1024;
/** Bad rows of one request; a request with more is refused as a whole. */
export const DEAD_ROWS_MAX = 65_536;
/** Rows that a pipeline makes dead letters of at a time, before others have their turn. */
export const DEAD_TURN_ROWS = 512;
/** Bytes of a bad row that are kept beside its reason: a longer one is cut, and cannot be tried again. */
export const DEAD_RAW_BYTES_MAX = 1 << 20;
/** Bytes of the header of a CSV text that are kept with its bad rows: with a longer one they cannot be tried again. */
export const DEAD_HEAD_BYTES_MAX = 1 << 16;
/** Characters of a bad row that a list of them shows, unless all of it is asked for. */
export const DEAD_SHOWN_CHARS_MAX = 4096;
/** Dead rows that are looked at before others have their turn. */
export const DEAD_LOOK_ROWS = 4096;
/** Dead rows that one page of them is looked for in; what it lacks is on the next. */
export const DEAD_PAGE_LOOK_ROWS_MAX = 1 << 18;
/** Bytes of the rows on one page of dead rows, beyond which the rest is on the next. */
export const DEAD_PAGE_BYTES = 4 << 20;
/** Dead rows that are decoded and stored again at a time. */
export const DEAD_REPLAY_TURN_ROWS = 2048;
/** Dead rows that are read at a time to be tried again: reading begins at the start of a segment each time. */
export const DEAD_REPLAY_READ_ROWS = 16_384;
/** The same in bytes. */
export const DEAD_REPLAY_READ_BYTES = 8 << 20;
/** Dead rows that one request tries again; it says when there are more. */
export const DEAD_REPLAY_ROWS_MAX = 65_536;
/** Newest dead rows whose reasons are counted. */
export const DEAD_COUNT_ROWS_MAX = 1 << 20;
/** Different reasons that are counted apart. */
export const DEAD_REASONS_MAX = 1000;
/** Gaps between the dead rows of a stream that are replayed or discarded: with more, all of them have to be. */
export const DEAD_RANGES_MAX = 1 << 18;
/** Delays after which the dead rows of a stream are tried again. */
export const DEAD_RETRIES_MAX = 16;
/** Dead rows whose delay is over are looked for no more often than this. */
export const DEAD_RETRY_LOOK_MS = 250;
/** Wait until dead rows are tried again where something stood in the way, such as a full disk. */
export const DEAD_RETRY_FAULT_MS = 30_000;
/** Longest sleep of what looks for them: timers of a platform may not be longer than some days. */
export const DEAD_RETRY_SLEEP_MS_MAX = 3_600_000;
/** Dead rows that one request names one by one. */
export const DEAD_IDS_MAX = 10_000;

/** Bytes of one stream's in-memory log that consumers have not finished; beyond it 429 and no credits. */
export const LOG_UNREAD_BYTES_MAX = 64 << 20;
/** Bytes of one stream's in-memory log that are kept for late readers once every consumer is done with them. */
export const LOG_RETAINED_BYTES_MAX = 64 << 20;
/** Bytes of all in-memory logs together that are kept for late readers. */
export const LOGS_RETAINED_BYTES_MAX = 512 << 20;
/** Streams of one process. */
export const STREAMS_MAX = 1024;
/** Pipelines of one process. */
export const PIPELINES_MAX = 256;
/** Producers that one stream remembers (the least recently used is forgotten). */
export const PRODUCERS_MAX = 65_536;
/** Newest answers that a stream keeps for each producer, to give them again at a repetition. */
export const PRODUCER_ANSWERS_MAX = 8;

/** Rows of a log that somebody who follows it gets at a time. */
export const FOLLOWER_PIECE_ROWS = 1024;
/** Somebody who follows a log and takes nothing for so long has no reader in it meanwhile. */
export const FOLLOWER_IDLE_MS = 1000;
/** Rows that one WebSocket connection may send ahead of verdicts. */
export const CREDIT_ROWS_MAX = 65_536;
/** Bytes of one WebSocket message. */
export const MESSAGE_BYTES_MAX = 16 << 20;
/** WebSocket and SSE connections of one process. */
export const CONNECTIONS_MAX = 4096;
/** Bytes that wait for one slow SSE or WebSocket subscriber before it is cut off. */
export const SUBSCRIBER_BYTES_MAX = 8 << 20;

/** Rows that a view keeps; the oldest windows leave first. */
export const VIEW_ROWS_MAX = 2_000_000;
/** Deltas that a view keeps for subscribers that resume. */
export const VIEW_DELTAS_MAX = 1024;
/** Rows of all deltas that a view keeps for subscribers that resume. */
export const VIEW_DELTA_ROWS_MAX = 262_144;
/** Rows that one view query returns at most. */
export const QUERY_ROWS_MAX = 10_000;
/** Rows that one view query returns by default. */
export const QUERY_ROWS_DEFAULT = 1000;

/** Linear memory of a pipeline task or a decoder, at most. */
export const KERNEL_MEMORY_BYTES_MAX = 2 ** 32 - 65_536;
/** Open slices (panes) of one aggregation in one task. */
export const OPEN_SLICES_MAX = 65_536;
/** Windows that one row may belong to (size / slide). */
export const WINDOWS_PER_ROW_MAX = 65_536;
/** Rows that a firing window hands out in one step. */
export const FIRE_ROWS_MAX = 8192;
/** Decoders that a worker keeps for streams; the least recently used is dropped. */
export const DECODERS_MAX = 16;

/** How far a row's event time may be ahead of its arrival, unless its stream or plan says otherwise: beyond it the row's clock is wrong. */
export const FUTURE_SKEW_MS = 3_600_000;
/** Bytes of records that were read from disk and are kept for the readers of other partitions of the same stream. */
export const JOURNAL_RECENT_BYTES_MAX = 32 * 2 ** 20;
/** Places in a journal on disk that readers of partitions go on from, and that nobody reads from at the moment. */
export const JOURNAL_SHARED_FILES_MAX = 8;
/** Partitions of a stream. Each is an input of its own in all pipelines that read it; at most KEY_GROUPS, over which keys are spread. */
export const PARTITIONS_MAX = 64;
/** A source partition that had credit and gave nothing for so long is idle. */
export const IDLE_TIMEOUT_MS = 5000;
/** Interval at which pipelines look for idle partitions. */
export const IDLE_TICK_MS = 1000;
/** Early results come no more often than this, whatever interval a plan asks for. */
export const EARLY_RESULTS_MS = 50;
/** Ways that the rows of one node may take through stateless operators. */
export const PLAN_WAYS_MAX = 256;
/** Interval at which a pipeline that is being replaced looks whether its chunks are through. */
export const QUIESCE_POLL_MS = 5;
/** Time that a pipeline which is being replaced has for the chunks that it has in flight. */
export const QUIESCE_MS_MAX = 10_000;
/** Time that a removed pipeline waits for its sinks to close. */
export const SINK_CLOSE_MS_MAX = 2000;
/** Interval of SSE heartbeats. */
export const HEARTBEAT_MS = 15_000;
/** Followers of a view learn so soon that it was replaced, and of its open windows so often at most. */
export const LIVE_LOOK_MS = 1000;
/** Results of a pipeline whose times from their arrival are kept, for quantiles. */
export const LATENCIES_MAX = 512;
/** Time that a drain at SIGTERM may take. */
export const DRAIN_MS_MAX = 30_000;
/** Seconds that a refused producer is asked to wait. */
export const RETRY_AFTER_SECONDS = 1;

/** Nodes of one plan. */
export const PLAN_NODES_MAX = 256;
/** Bytes of one plan. */
export const PLAN_BYTES_MAX = 1 << 20;
/** Depth of one expression. */
export const EXPRESSION_DEPTH_MAX = 64;
/** Columns, literals and calls of one expression. */
export const EXPRESSION_NODES_MAX = 16_384;
/** Key columns of one aggregation. */
export const KEY_COLUMNS_MAX = 16;
/** Aggregates of one node. */
export const AGGREGATES_MAX = 32;
/** Values that an approx_top_k gives. */
export const TOP_K_MAX = 100;
/** GROUPING SETS of one aggregate. */
export const GROUPING_SETS_MAX = 64;
/** The reason for which a filter refuses rows. */
export const REFUSE_CHARS_MAX = 1000;
/** Rows that a rank gives for each key, and the greatest number that it may begin at. */
export const RANK_ROWS_MAX = 4000;
/** Rows before a row that an OVER of rows may look back. */
export const OVER_ROWS_MAX = 1 << 20;
/** Values (members and items) in the JSON of one plan. */
export const PLAN_VALUES_MAX = 1 << 17;
/** Nesting of one plan's JSON; it has room for an expression that is too deep, so that its own check can say where. */
export const PLAN_DEPTH_MAX = 256;
/** Problems that one refused plan lists. */
export const PLAN_ERRORS_MAX = 100;
/** Size, slide and offset of a window, and how far a watermark may stay behind: a hundred years. */
export const WINDOW_MS_MAX = 100 * 366 * 86_400_000;

/** Request bodies up to this size, with a content-length and without an encoding, are read in one go: they have BODY_IDLE_MS_MAX as a whole. */
export const BODY_WHOLE_BYTES_MAX = 256 << 10;
/** Bytes that inflating hands out in one step; bounds are checked after each. */
export const INFLATE_STEP_BYTES = 256 << 10;
/** Packed bytes that inflating takes in one step: the ratio is known after each. */
export const INFLATE_INPUT_BYTES = 16 << 10;
/** Bytes of inflated body below which the inflate ratio is not looked at. */
export const INFLATE_RATIO_FREE_BYTES = 1 << 20;
/** Characters of a producer's name. */
export const PRODUCER_NAME_CHARS_MAX = 256;
/** Rows that a WebSocket client may send beyond its credits before it is closed. */
export const CREDIT_OVERRUN_ROWS_MAX = 8192;
/** Bytes of one WebSocket's messages that wait for their turn; a client that sends more is closed. */
export const MESSAGES_WAITING_BYTES_MAX = 32 << 20;
/** Time that a WebSocket may stay silent before it is asked for a sign of life, and closed without one. */
export const SOCKET_IDLE_SECONDS_MAX = 60;
/** Series (label combinations) of one metric. */
export const METRIC_SERIES_MAX = 10_000;
/** Characters of one value in a log line. */
export const LOG_VALUE_CHARS_MAX = 4096;
/** Arguments of one call in an expression, the values of an IN among them. */
export const CALL_ARGS_MAX = 1024;
/** Characters of the URL of a user function's module; a data URL has its source in it. */
export const FUNCTION_URL_CHARS_MAX = 65_536;
/** Time in which the workers import the user functions of a plan. */
export const FUNCTION_LOAD_MS_MAX = 30_000;
/** Time between two lines of the log about one user function that fails. */
export const FUNCTION_FAULT_LOG_MS = 60_000;
/** Time that answers which are under way at the end of a drain may take. */
export const LAST_ANSWERS_MS_MAX = 2000;
/** Worker threads of one process. */
export const WORKERS_MAX = 256;
/** Bytes of one script of SQL. */
export const SQL_BYTES_MAX = 1 << 18;
/** Statements of one script of SQL. */
export const SQL_STATEMENTS_MAX = 1000;
/** Brackets in brackets (CASE … END counts as one) of one SQL statement. */
export const SQL_DEPTH_MAX = 128;
/** Nodes in nodes of one SQL statement's tree: `a + b + c` leans as deep as it is long. */
export const SQL_TREE_DEPTH_MAX = 1024;
/** Problems that one refused script of SQL lists. */
export const SQL_PROBLEMS_MAX = 20;
/** Tokens of an SQL statement beyond which a mistake in it is not guessed at: each guess is a parse. */
export const SQL_GUESS_TOKENS_MAX = 4000;
/** Code points of each text that a Levenshtein distance is computed of; it takes steps in proportion to their product. */
export const LEVENSHTEIN_CHARS_MAX = 256;
/** Bytes of a text that a function of the language makes; a longer one is NULL. */
export const MADE_TEXT_BYTES_MAX = 16 << 20;
/** Steps of the machine that a regular expression is compiled to. Matching takes time in proportion to steps times characters. */
export const REGEXP_INSTRUCTIONS_MAX = 2048;
/** Groups of a regular expression whose places are kept. */
export const REGEXP_GROUPS_MAX = 32;
/** Nesting of the groups of a regular expression. */
export const REGEXP_DEPTH_MAX = 64;
/** Times that a quantifier of a regular expression repeats, if it is bounded. */
export const REGEXP_REPEAT_MAX = 1000;
/** Entries of the automaton that a regular expression has beside its machine; with more it does without. */
export const REGEXP_TABLE_ENTRIES_MAX = 4096;
/** Compiled regular expressions that are kept, since a plan is compiled several times before it runs. */
export const REGEXP_PROGRAMS_MAX = 64;
/** Rows of piped input that its columns are told from. */
export const INFER_ROWS = 1000;
/** Bytes of piped input that are decoded at a time. */
export const PIECE_BYTES = 1 << 20;
/** Characters of a pattern that times are written or read by. */
export const TIME_PATTERN_CHARS_MAX = 256;
/** Steps of a path into JSON. */
export const JSON_PATH_STEPS_MAX = 100;
/** Bytes of the first segment of a journal; each has twice as many as the one before it. */
export const SEGMENT_FIRST_BYTES = 1 << 20;
/** Bytes of a segment of a journal; a record that is larger has one by itself. */
export const SEGMENT_BYTES_MAX = 64 << 20;
/** Bytes that a journal reads or prepares at a time. */
export const JOURNAL_PIECE_BYTES = 1 << 20;
/** Lengths of frames whose factor in checksums is kept. */
export const CRC_LENGTHS_KEPT_MAX = 256;
/** Bytes that a file of a log takes at once, without another thread. */
export const FILE_WRITE_NOW_BYTES = 2 << 20;
/** Bytes of records that a journal writes and syncs together. */
export const JOURNAL_GROUP_BYTES = 8 << 20;
/** Bytes of records that wait while those before them are synced, from which on they are synced beside them. */
export const JOURNAL_OVERLAP_BYTES = 384 << 10;
/** Bytes of a journal that are kept in memory once every reader is done with them: few, so that the garbage collector does not see most of them twice, and takes them early. */
export const JOURNAL_CACHE_BYTES_MAX = 256 << 10;
/** Bytes of a journal that are kept on disk once nobody needs them. */
export const JOURNAL_RETAINED_BYTES_MAX = 1 << 30;
/** Bytes of all journals together that are kept on disk once nobody needs them. */
export const JOURNALS_RETAINED_BYTES_MAX = 8 * 2 ** 30;
/** Bytes of the first segment of a pipeline's order. */
export const ORDER_SEGMENT_FIRST_BYTES = 64 << 10;
/** Bytes of a segment of a pipeline's order. */
export const ORDER_SEGMENT_BYTES_MAX = 16 << 20;
/** Steps of an order that are one record of it. */
export const ORDER_STEPS_MAX = 4096;
/** Wait until steps of an order are written again for which the disk had no room. */
export const ORDER_RETRY_MS = 1000;
/** Messages of one WebSocket that are decoded or written while earlier ones have no verdict yet. */
export const INGEST_AHEAD_MESSAGES_MAX = 64;
/** Types in types, such as arrays of arrays, that a type is written with. */
export const TYPE_DEPTH_MAX = 16;
/** Arrays and objects in an array that inference tells the types of; what lies deeper is JSON. */
export const INFER_ITEMS_DEPTH_MAX = 8;
/** Fields of the objects in an array that inference tells apart; with more they are JSON. */
export const INFER_FIELDS_MAX = 64;
/** Bytes of texts after which a batch of items of arrays ends: each item has the texts of its row beside it. */
export const UNNEST_BYTES = 8 << 20;
/** Bodies of requests that travel to a worker's decoder in one message, and back. */
export const BODIES_TOGETHER_MAX = 8;
/** Bytes of the same, unless one body alone has more. */
export const BODIES_TOGETHER_BYTES = 1 << 20;
/** Such messages that a worker has at one time: one that it works on, and one that waits for it. */
export const BODY_MESSAGES_MAX = 2;
/** Kinds of bodies (stream, version of its schema, format) that a worker is told once and knows from then on. */
export const BODY_SHAPES_MAX = 64;
/** Bytes of one buffer that groups of a journal are written from and that is kept for later groups. */
export const JOURNAL_BUFFER_BYTES_MAX = 4 << 20;
/** Such buffers, for all journals together. */
export const JOURNAL_BUFFERS_MAX = 4;
/** Before a worker that died, and a pipeline that broke, is started again the first time; twice as long each time after that. */
export const RESTART_WAIT_MS = 50;
/** Workers that died, and times that one pipeline broke, after which that is given up when all were within RESTARTS_WITHIN_MS. */
export const RESTARTS_MAX = 6;
/** Time in which so many are too many. */
export const RESTARTS_WITHIN_MS = 60_000;
/** Times that a pipeline breaks at a number of its order without getting past it, after which the chunk that the number is is left out, or it stays failed. */
export const BREAKS_AT_NUMBER_MAX = 3;
/** Chunks that are left out of one pipeline's order; what else breaks it then has it stay failed. */
export const QUARANTINED_CHUNKS_MAX = 100;
/** Those of them that follow each other in one source: what breaks at every chunk is not the chunks' fault, and none is left out for it any more. */
export const QUARANTINED_IN_A_ROW_MAX = 8;
/** Longest wait that a server outside may ask for. */
export const RETRY_AFTER_MS_MAX = 3_600_000;
/** Of the rows of a keyed operator, one in so many at most is looked at to find the keys that get most. */
export const HOT_SAMPLE_ROWS = 256;
/** From one row that is looked at to the next of the same input of an operator in a task, at least. */
export const HOT_SAMPLE_MS = 2;
/** Rows that were looked at, before all that was counted of them is halved. */
export const HOT_SAMPLES_MAX = 1024;
/** Keys that are counted of an input of an operator, in each task. */
export const HOT_KEYS_KEPT_MAX = 64;
/** Hot keys that are told of an input of an operator. */
export const HOT_KEYS_TOLD_MAX = 10;
/** Bytes of the rows that a digest of a pipeline's state has in memory, as text. */
export const DIGEST_BYTES_MAX = 512 << 20;
/** Bytes of frames that a worker keeps of streams that several pipelines read, so that each frame comes to it once. */
export const SHARED_FRAMES_BYTES_MAX = 16 << 20;
/** Bytes of results that a worker keeps beside those frames for pipelines with the same steps. */
export const SHARED_RESULTS_BYTES_MAX = 16 << 20;
/** Bytes of a connection that are read before it is known where they belong: the head of a request that brings rows is no longer. */
export const DOOR_BUFFER_BYTES = 8 << 10;
/** Bytes that are passed on between a connection and the platform's server at a time. */
export const DOOR_PASS_BYTES_MAX = 64 << 10;
/** How long a connection is heard whose last answer is written, and a WebSocket that was told to close. */
export const DOOR_LINGER_MS_MAX = 2000;
/** Before connections are taken again when one could not be. */
export const DOOR_RETRY_MS = 100;
/** Bytes of a body that the main thread decodes itself. */
export const DECODE_HERE_BYTES_MAX = 192 << 10;
/** Share of its time that it decodes. */
export const DECODE_HERE_PERCENT_MAX = 40;
/** For how long it decodes when it has not for long. */
export const DECODE_HERE_MS_MAX = 4;
/** Bytes of buffers that the door keeps for bodies that come later. */
export const DOOR_BODIES_BYTES_MAX = 8 << 20;
/** Bytes of one WebSocket that the door reads before everybody else has their turn. */
export const DOOR_TURN_BYTES = 192 << 10;
