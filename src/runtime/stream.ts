import type { DecodeOptions } from "../codec.ts";
import type { Clock } from "../core/clock.ts";
import { RdxError } from "../core/errors.ts";
import { BODIES_BYTES_MAX, CREDIT_ROWS_MAX } from "../core/limits.ts";
import { type Column, columnIndex, makeSchema, sameType, type Schema } from "../core/schema.ts";
import type { Log, PartitionRows, ProducerMark } from "../log.ts";
import type { SavedStream } from "../store.ts";
import { AheadArrivals } from "./ahead_arrivals.ts";
import { Aside, type DeadRows } from "./aside.ts";
import { answerTo, refusalOf } from "./ingest_answer.ts";
import { newestRows } from "./newest_rows.ts";
import { Partitioning } from "./partitioning.ts";
import type { RowRange } from "../sink.ts";
import type { EngineMetrics } from "../telemetry/engine_metrics.ts";
import type { DecodeJob, DecodeResult, TimeBound } from "./protocol.ts";
import { checked, declaredAgain, digestOf, mergeColumns } from "./stream_schema.ts";
import type { IngestAnswer, IngestRequest, StreamDeclaration, StreamInfo } from "./service.ts";
import { UnderWay } from "./under_way.ts";
import { errorOf, type IdRange, plainOf, type Verdict } from "./verdict.ts";

export type { Verdict } from "./verdict.ts";

/** What came of a body, and the version of the schema under which it was decoded. */
export type Decoded = Extract<DecodeResult, { kind: "decoded" }> & { readonly schema: number };

/** What a stream needs from its engine. */
export interface StreamParts {
  readonly log: Log<Verdict>;
  readonly metrics: EngineMetrics;
  readonly clock: Clock;
  decode(job: DecodeJob): Promise<DecodeResult>;
  /** Takes frames of bad rows (of DEAD_COLUMNS). */
  readonly dead: DeadRows;
  /** Something is to be known by those who run this. */
  said(what: string): void;
  /** It is not what it was: its columns, or how it was declared. */
  changed(stream: Stream): void;
}

/** A stream before it has rows, or as an earlier process has left it. */
export interface StreamFacts {
  readonly name: string;
  readonly kind: SavedStream["kind"];
  readonly declared: boolean;
  readonly declaration: StreamDeclaration;
  readonly version?: number;
  readonly asideFrom?: number;
}

/** What else is known of rows that the engine appends. */
export interface PutMore {
  /** Dead letters that are none any more once the rows are there. */
  readonly settled?: readonly IdRange[];
  /** The version of the schema that they were decoded under; default: the one that there is. */
  readonly schema?: number;
  /** Of the body that they came from. */
  readonly bytes?: number;
  /** Where they go; default: to the partition of the producer, or to the next in turn. */
  readonly partitions?: readonly PartitionRows[];
}

const NO_FRAMES: Pick<Decoded, "frames" | "sums" | "packed"> = { frames: [], sums: [] };
/** How often a body is decoded again because the schema became wider meanwhile. */
const WIDEN_TRIES_MAX = 8;

/** A stream: its schema, its log, and the way of a request into it. */
export class Stream {
  readonly name: string;
  readonly kind: SavedStream["kind"];
  readonly declared: boolean;
  readonly #parts: StreamParts;
  #declaration: StreamDeclaration;
  #schema: Schema;
  #rowsIn = 0;
  /** Rows of earlier processes, and bad ones of those. */
  readonly #rowsBefore: number;
  #deadBefore = 0;
  #bytesIn = 0;
  /** Bytes of the frames of all rows. */
  #storedBytes = 0;
  #deadRows = 0;
  /** Bytes of bodies that are being decoded. */
  #decodingBytes = 0;
  /** Resolves when all earlier requests are appended or refused: requests enter in the order in which they came. */
  #tail: Promise<void> = Promise.resolve();
  #ending: Promise<void> | null = null;
  readonly #aside: Aside;
  readonly #partitioning = new Partitioning();
  readonly underWay: UnderWay;
  readonly #ahead: AheadArrivals;
  /** Names of the pipelines that read it. */
  readonly readers = new Set<string>();

  constructor({ name, kind, declared, declaration, version = 1, asideFrom = 0 }: StreamFacts, parts: StreamParts) {
    this.name = name;
    this.kind = kind;
    this.declared = declared;
    this.#parts = parts;
    this.underWay = new UnderWay(parts.clock, parts.log);
    this.#ahead = new AheadArrivals(name, parts.log.arrivals, parts.said);
    this.#rowsBefore = parts.log.end;
    this.#declaration = checked(declaration);
    this.#schema = makeSchema(this.#declaration.columns, version);
    this.#aside = new Aside(parts.log, parts.dead, asideFrom);
    parts.log.retain(declaration.retentionMs, declaration.retentionBytes);
  }

  get log(): Log<Verdict> {
    return this.#parts.log;
  }

  get columns(): readonly Column[] {
    return this.#schema.columns;
  }

  get time(): string | null {
    return this.#declaration.time;
  }

  get delayMs(): number {
    return this.#declaration.delayMs;
  }

  get futureSkewMs(): number {
    return this.#declaration.futureSkewMs;
  }

  get partitions(): number {
    return this.#declaration.partitions ?? 1;
  }

  /** How long after they failed its dead rows are tried again. */
  get retryMs(): readonly number[] {
    return this.#declaration.retryMs ?? [];
  }

  get info(): StreamInfo {
    const { log, dead } = this.#parts;
    return {
      ...this.#declaration,
      columns: this.#schema.columns,
      name: this.name,
      declared: this.declared,
      schemaVersion: this.#schema.version,
      start: log.start,
      end: log.end,
      ended: log.ended,
      rowsIn: this.#rowsBefore + this.#rowsIn,
      bytesIn: this.#bytesIn,
      deadRows: this.#deadBefore + this.#deadRows,
      deadOpen: dead.open,
      unreadBytes: log.unreadBytes,
      arrivalAheadMs: log.arrivals.aheadMs,
      readers: [...this.readers],
    };
  }

  /** What is to be there again after a restart. */
  get saved(): SavedStream {
    const { name, kind, declared, columns } = this, { version: schemaVersion } = this.#schema;
    return { ...this.#declaration, name, kind, declared, columns, schemaVersion, asideFrom: this.#aside.from };
  }

  /** Declares again. Columns may be added behind the old ones, each of which keeps its place and type, and partitions. */
  declare(declaration: StreamDeclaration): void {
    const before = { ...this.#declaration, columns: this.columns };
    const next = declaredAgain(this.name, before, declaration), grown = next.columns.length > this.columns.length;
    this.#change(next, makeSchema(next.columns, this.#schema.version + (grown ? 1 : 0)));
    this.log.retain(next.retentionMs, next.retentionBytes);
  }

  /** What cannot be noted does not become so: no row comes under a schema that a restart would not know. */
  #change(declaration: StreamDeclaration, schema: Schema): void {
    const before = { declaration: this.#declaration, schema: this.#schema };
    this.#declaration = declaration;
    this.#schema = schema;
    try {
      this.#parts.changed(this);
    } catch (thrown) {
      this.#declaration = before.declaration;
      this.#schema = before.schema;
      throw thrown;
    }
  }

  /** Decodes and appends one request, whole or not at all. See StreamService.ingest. */
  ingest(request: IngestRequest): Promise<IngestAnswer> {
    return this.underWay.during(() => this.#ingest(request));
  }

  async #ingest(request: IngestRequest): Promise<IngestAnswer> {
    const { log } = this.#parts, bytes = request.body.length;
    if (!log.hasRoom(this.#decodingBytes + bytes) || this.#decodingBytes + bytes > BODIES_BYTES_MAX) {
      throw new RdxError(
        "busy",
        `Stream ${this.name} is full: its pipelines are slower than what comes in; try again later`,
      );
    }
    this.#decodingBytes += bytes;
    const before = this.#tail, { promise, resolve: leave } = Promise.withResolvers<void>();
    let storing: Promise<IngestAnswer>;
    this.#tail = promise;
    try {
      const digest = request.producer === undefined ? "" : await digestOf(request.body);
      const decoded = await this.decode(request);
      await before;
      // It has its place when this returns: what comes behind it is stored with it.
      storing = this.#append(request, decoded, digest, bytes);
      storing.catch(() => {});
    } finally {
      this.#decodingBytes -= bytes;
      await before;
      leave();
    }
    return await storing;
  }

  /** Decodes a body under the schema that there is, which may widen for it. Throws RdxError for one that cannot be read at all. */
  async decode(request: IngestRequest): Promise<Decoded> {
    let { body } = request;
    const split = this.#partitioning.splitOf(request, this.#declaration);
    const options: DecodeOptions = {
      coerce: request.coerce ?? !this.declared,
      ...(request.header === undefined ? {} : { header: request.header }),
      ...(request.delimiter === undefined ? {} : { delimiter: request.delimiter }),
    };
    for (let tries = 0;; tries++) {
      const { version: schema, columns } = this.#schema;
      const widen = !this.declared && tries < WIDEN_TRIES_MAX;
      const { name: stream } = this, { format } = request, bound = this.#bound(columns);
      const { durability, packs: pack } = this.log, sums = durability !== "none";
      const rest = { body, widen, bound, sums, pack, split };
      const result = await this.#parts.decode({ stream, schema, columns, format, options, ...rest });
      if (result.kind === "refused") throw new RdxError(result.code, result.reason);
      if (result.kind === "decoded") {
        this.#parts.metrics.rowsDecoded.with(this.name).increment(result.rows + result.rejected);
        return { ...result, schema };
      }
      this.#widen(result.columns);
      body = result.body;
    }
  }

  /** Up to where event times are believed. The record in the log arrives no earlier: no pipeline with the same bound refuses a row that this one lets through. */
  #bound(columns: readonly Column[]): TimeBound | null {
    const { time, futureSkewMs: skewMs } = this.#declaration;
    const arrivalMs = this.log.arrivals.now();
    return time === null || skewMs === 0 ? null : { column: columnIndex(columns, time), arrivalMs, skewMs };
  }

  /** Widens the schema of rows that the engine itself makes. */
  grow(columns: readonly Column[]): void {
    this.#widen(columns);
  }

  /** Takes a wider schema, which may have been found under an older version of it. */
  #widen(columns: readonly Column[]): void {
    const merged = mergeColumns(this.#schema.columns, columns);
    const changed = merged.length > this.#schema.columns.length ||
      merged.some(({ type }, i) => !sameType(type, this.#schema.columns[i].type));
    if (changed) this.#change(this.#declaration, makeSchema(merged, this.#schema.version + 1));
  }

  async #append(request: IngestRequest, decoded: Decoded, digest: string, bytes: number): Promise<IngestAnswer> {
    const { log, dead } = this.#parts, refused = refusalOf(decoded, this.#declaration.onError);
    const rows = refused ? 0 : decoded.rows, bad = refused ? [] : decoded.dead;
    if (!dead.hasRoom(bad)) {
      throw new RdxError("busy", `The dead letters of stream ${this.name} are full; try again later`);
    }
    const partitions = decoded.partitions ?? this.#partitioning.wholly(rows, request, this.#declaration);
    const { name: stream } = this, { durability } = log;
    const verdictAt = (offset: number): Verdict =>
      refused
        ? { refused: plainOf(refused) }
        : { answer: answerTo(decoded, { stream, offset, durability }, partitions) };
    const { producer, sequence = 0, epoch = 0 } = request;
    const mark = producer === undefined ? {} : { mark: { producer, sequence, epoch, digest } };
    let appended = { duplicate: false, answer: verdictAt(log.end) };
    const kept = bad.length > 0 ? this.#aside.expect() : null;
    try {
      if (rows > 0 || producer !== undefined) {
        const { schema } = decoded, { frames, sums, packed } = refused ? NO_FRAMES : decoded;
        const aside = durability === "none" ? [] : bad, own = refused ? undefined : partitions;
        const parts = { rows, frames, sums, packed, schema, aside, partitions: own } as const;
        const entry = { kind: "rows", ...parts, ...mark, answer: verdictAt } as const;
        appended = await log.append(entry);
      }
      const { duplicate, answer: verdict } = appended;
      if (!duplicate) this.#count(rows, bytes, rows > 0 ? decoded.frames : []);
      if ("refused" in verdict) throw errorOf(verdict.refused);
      if (duplicate) return { ...verdict.answer, duplicate: true };
      if (bad.length > 0) {
        this.countDead(decoded.rejected);
        await this.#aside.bury(bad, decoded.rejected, verdict.answer.offset);
      }
      return verdict.answer;
    } finally {
      kept?.close();
    }
  }

  #count(rows: number, bytes: number, frames: readonly ArrayBuffer[]): void {
    if (rows > 0) this.#ahead.look();
    this.#rowsIn += rows;
    this.#bytesIn += bytes;
    this.#storedBytes += bytesOf(frames);
    this.#parts.metrics.bytesIn.with(this.name).increment(bytes);
  }

  /** Brings bad rows where they belong that an earlier process has left in their records. */
  async recover(): Promise<void> {
    await this.#aside.recover();
    this.#deadBefore = this.#parts.dead.rows;
  }

  /** Its bad rows of up to now are not wanted any more. */
  forgetAside(): void {
    this.#aside.from = this.log.end;
    this.#parts.changed(this);
  }

  /** Counts rows that go to the dead letters. */
  countDead(rows: number): void {
    this.#deadRows += rows;
    this.#parts.metrics.deadRows.with(this.name).increment(rows);
  }

  /** Appends rows that the engine itself made, in frames of at most BATCH_ROWS_MAX rows; with a mark only once. Throws busy. */
  async put(frames: readonly ArrayBuffer[], rows: number, mark?: ProducerMark, more: PutMore = {}): Promise<void> {
    const { duplicate } = await this.#appendOwn("rows", frames, rows, mark, more);
    if (duplicate) return;
    this.#count(rows, more.bytes ?? 0, frames);
  }

  #appendOwn(
    kind: "rows" | "end",
    frames: readonly ArrayBuffer[],
    rows: number,
    mark?: ProducerMark,
    { settled, schema = this.#schema.version, partitions }: PutMore = {},
  ) {
    const { durability } = this.log;
    const own = partitions ?? this.#partitioning.wholly(rows, { producer: mark?.producer }, this.#declaration);
    const answer = (offset: number): Verdict => ({
      answer: { stream: this.name, accepted: rows, rejected: 0, offset, durability, errors: [] },
      ...(settled ? { settled } : {}),
    });
    const entry = { kind, rows, frames, schema, partitions: own, ...(mark ? { mark } : {}), answer };
    return this.underWay.during(() => this.log.append(entry));
  }

  /** Marks the end of the input, behind all requests that came before. */
  end(): Promise<void> {
    return this.#ending ??= this.#end().finally(() => this.#ending = null);
  }

  async #end(): Promise<void> {
    await this.#tail;
    if (!this.log.ended) await this.#appendOwn("end", [], 0);
  }

  /** Ends the epochs of a producer before a new one. */
  hello(producer: string): Promise<{ readonly epoch: number; readonly next: number }> {
    return this.log.hello(producer);
  }

  /** Requests are on their way into it. */
  get decoding(): boolean {
    return this.#decodingBytes > 0;
  }

  /** Resolves when every request that has come so far is in the log or refused. */
  get settled(): Promise<void> {
    return this.#tail;
  }

  /** Rows that may be sent now: as many as there is room for if they are like those before; CREDIT_ROWS_MAX or less by powers of two. */
  get credit(): number {
    if (this.log.ended) return 0;
    const rowBytes = this.#rowsIn === 0 ? 1 : Math.ceil(Math.max(this.#bytesIn, this.#storedBytes) / this.#rowsIn);
    let rows = CREDIT_ROWS_MAX;
    while (rows > 0 && !this.log.hasRoom(this.#decodingBytes + rows * rowBytes)) rows >>= 1;
    return rows;
  }

  /** The newest rows, newest first: one range for each row. */
  newest(limit: number): Promise<RowRange[]> {
    return newestRows(this.log, limit);
  }

  close(): Promise<void> {
    return this.#parts.log.close();
  }
}

function bytesOf(frames: readonly ArrayBuffer[]): number {
  return frames.reduce((sum, frame) => sum + frame.byteLength, 0);
}
