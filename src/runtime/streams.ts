import type { Clock } from "../core/clock.ts";
import { RdxError } from "../core/errors.ts";
import { FUTURE_SKEW_MS, STREAMS_MAX } from "../core/limits.ts";
import { type Column, makeSchema, NAME_PATTERN } from "../core/schema.ts";
import type { Log, LogFactory, LogHold } from "../log.ts";
import type { StreamInfo as CatalogStream } from "../plan/catalog.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { EngineMetrics } from "../telemetry/engine_metrics.ts";
import type { RefusedRows } from "../sink.ts";
import { REFUSED_COLUMNS, refusedFrame, refusedName } from "./refused_rows.ts";
import { DEAD_COLUMNS, deadName, stampDead } from "./dead_letters.ts";
import { isSideName, lateColumns, lateName, streamOfLate } from "./late_columns.ts";
import { Follower } from "./log_follower.ts";
import type { DecodeJob, DecodeResult } from "./protocol.ts";
import type {
  FollowOptions,
  IngestAnswer,
  IngestRequest,
  StreamDeclaration,
  StreamInfo,
  StreamService,
} from "./service.ts";
import type { Durable } from "../store.ts";
import type { DeadRows } from "./aside.ts";
import { DeadLetters } from "./dead/dead_letters.ts";
import { type Marks, putSlowly, type SideStreams } from "./side_rows.ts";
import { Stream, type StreamFacts, type Verdict } from "./stream.ts";
import { checked } from "./stream_schema.ts";

/** What an undeclared stream starts with; its columns come with its first rows. */
const INFERRED: StreamDeclaration = {
  columns: [],
  time: null,
  delayMs: 0,
  futureSkewMs: FUTURE_SKEW_MS,
  onError: "dead_letter",
  retentionMs: null,
};

/** For what is never done again. */
const NO_MARKS: Marks = () => undefined;

export interface StreamsParts {
  readonly createLog: LogFactory;
  /** What outlives the process; absent: nothing does. */
  readonly durable?: Durable | null;
  readonly clock: Clock;
  readonly metrics: EngineMetrics;
  decode(job: DecodeJob): Promise<DecodeResult>;
}

/** The streams of an engine, by name. */
export class Streams implements StreamService, SideStreams {
  readonly #parts: StreamsParts;
  readonly #streams = new Map<string, Stream>();
  /** Folders of their logs. */
  readonly #folders = new WeakMap<Stream, string>();
  /** What is done with dead rows. */
  readonly dead: DeadLetters;
  #closing = false;

  constructor(parts: StreamsParts) {
    this.#parts = parts;
    const { clock, durable } = parts;
    this.dead = new DeadLetters({
      clock,
      stream: (name) => this.#get(name),
      deadOf: ({ name }) => this.#ownDead(name),
      streams: () => this.all(),
      said: (what) => durable?.said(what),
      nameOf: (dead) => this.#folders.get(dead)!,
      noted: (dead) => {
        const folder = this.#folders.get(dead)!;
        if (!durable) return { ranges: [], store: null };
        return { ranges: durable.meta.settled(folder), store: { settle: (all) => durable.meta.settle(folder, all) } };
      },
    });
  }

  find(name: string): Stream | null {
    return this.#streams.get(name) ?? null;
  }

  names(): Iterable<string> {
    return this.#streams.keys();
  }

  all(): Iterable<Stream> {
    return this.#streams.values();
  }

  #get(name: string): Stream {
    const stream = this.#streams.get(name);
    if (!stream) throw new RdxError("not_found", `There is no stream ${name}`);
    return stream;
  }

  get durability(): "fsync" | "os" | "none" {
    return this.#parts.durable?.durability ?? "none";
  }

  /**
   * Opens the streams that an earlier process has left. Nothing of their rows goes until what it resolves to is called: by then pipelines hold
   * what they need. Throws RdxError("invalid") for one that is damaged.
   */
  async recover(): Promise<() => void> {
    const { durable } = this.#parts, holds: LogHold[] = [];
    if (!durable) return () => {};
    for (const saved of durable.meta.streams()) {
      const { name, kind, declared, schemaVersion: version, asideFrom, folder, ...declaration } = saved;
      const log = await durable.openLog<Verdict>(folder);
      holds.push(log.hold(log.start));
      this.#add({ name, kind, declared, declaration, version, asideFrom }, log, folder);
    }
    for (const stream of [...this.#streams.values()]) await stream.recover();
    await this.dead.recover();
    return () => holds.forEach((hold) => hold.close());
  }

  /** Why one of them takes nothing any more, or null. */
  get failure(): string | null {
    for (const { log } of this.#streams.values()) if (log.failure !== null) return log.failure;
    return null;
  }

  #create(name: string, kind: Stream["kind"], declared: boolean, given: StreamDeclaration): Stream {
    if (this.#streams.size >= STREAMS_MAX) {
      throw new RdxError("busy", `There are ${STREAMS_MAX} streams already: delete one first`);
    }
    const { durable, createLog } = this.#parts, declaration = checked(given);
    const facts = { name, kind, declared, declaration }, { version: schemaVersion } = makeSchema(declaration.columns);
    const folder = durable?.meta.addStream({ ...declaration, name, kind, declared, schemaVersion, asideFrom: 0 });
    const log = folder === undefined
      ? createLog<Verdict>(name, declaration.columns)
      : durable!.createLog<Verdict>(folder);
    return this.#add(facts, log, folder ?? crypto.randomUUID());
  }

  #add(facts: StreamFacts, log: Log<Verdict>, folder: string): Stream {
    const { name } = facts, sender = `aside ${folder}`, find = () => this.find(deadName(name));
    const openOf = () => this.dead.openOf(stream);
    const dead: DeadRows = {
      hasRoom: (frames) =>
        frames.length === 0 || this.#dead(name).log.hasRoom(frames.reduce((sum, frame) => sum + frame.byteLength, 0)),
      put: async (frames, rows, offset) => {
        stampDead(frames, offset, this.#parts.clock.now());
        await this.#dead(name).put(frames, rows, { producer: sender, sequence: offset, sparse: true, digest: "" });
        if (stream.retryMs.length > 0) this.dead.retries.kick();
      },
      get last() {
        return find()?.log.lastOf(sender) ?? -1;
      },
      get rows() {
        return find()?.log.end ?? 0;
      },
      get open() {
        return openOf();
      },
    };
    const changed = ({ saved }: Stream) => {
      if (this.#streams.has(name)) this.#parts.durable?.meta.changeStream(saved);
    };
    const said = (what: string) => this.#parts.durable?.said(what);
    const stream = new Stream(facts, { ...this.#parts, log, dead, changed, said });
    this.#folders.set(stream, folder);
    this.#streams.set(name, stream);
    return stream;
  }

  /** The stream that takes the bad rows of another; made when the first are there. Throws conflict where a directory of an earlier version has another of its name. */
  #dead(name: string): Stream {
    const known = this.find(deadName(name));
    if (known && known.kind !== "dead") throw holdsOthers(deadName(name), `the dead rows of ${name} go there`);
    // One that an earlier version has made lacks the last columns.
    if (known && known.columns.length < DEAD_COLUMNS.length) known.grow(DEAD_COLUMNS);
    return known ?? this.#create(deadName(name), "dead", true, { ...INFERRED, columns: DEAD_COLUMNS });
  }

  /** The same if it is there; a stream of other rows that is called so is none. */
  #ownDead(name: string): Stream | null {
    const dead = this.find(deadName(name));
    return dead?.kind === "dead" ? dead : null;
  }

  async bury(stream: string, frames: readonly ArrayBuffer[], rows: number, pipeline: string, marks: Marks = NO_MARKS) {
    await putSlowly(this.#dead(stream), frames, pipeline, marks);
    const of = this.#get(stream);
    of.countDead(rows);
    if (of.retryMs.length > 0) this.dead.retries.kick();
  }

  /** Keeps rows that a sink could not give away in the stream `<pipeline>.<node>.refused`; waits while its readers are behind. */
  async refuse(pipeline: string, node: string, rows: RefusedRows, run: string): Promise<void> {
    const name = refusedName(pipeline, node), known = this.find(name);
    if (known && known.columns.some((column, i) => column.name !== REFUSED_COLUMNS[i]?.name)) {
      throw new RdxError("conflict", `Stream ${name} holds other rows than what sink ${node} could not give away`);
    }
    const stream = known ?? this.#create(name, "rows", true, { ...INFERRED, columns: REFUSED_COLUMNS });
    const { frame, marks } = refusedFrame(rows, run, this.#parts.clock);
    await putSlowly(stream, [frame], pipeline, marks);
  }

  columnsOf(name: string): readonly Column[] {
    return this.#get(name).columns;
  }

  keepLate(name: string): { created: boolean; stream: StreamInfo } {
    const late = lateName(name), known = this.find(late), base = this.#get(name);
    if (known && known.kind !== "late") throw holdsOthers(late, `the late rows of ${name} go there`);
    const stream = known ?? this.#create(late, "late", true, { ...INFERRED, columns: lateColumns(base.columns) });
    return { created: known === null, stream: stream.info };
  }

  /** A stream as plans see it: also one of late rows that nobody keeps yet. */
  seen(name: string): CatalogStream | null {
    const stream = this.find(name), base = streamOfLate(name), of = base === null ? null : this.find(base);
    if (stream || !of) return stream;
    return { ...INFERRED, columns: lateColumns(of.columns) };
  }

  /** Keeps the late rows that a plan reads. */
  keepRead({ sources }: PhysicalPlan): void {
    for (const { stream } of sources) if (stream !== null && !this.find(stream)) this.keepLate(streamOfLate(stream)!);
  }

  isShared(name: string): boolean {
    return (this.#streams.get(name)?.readers.size ?? 0) > 1;
  }

  wantsLate(name: string): boolean {
    return this.find(lateName(name))?.kind === "late";
  }

  async late(name: string, frames: readonly ArrayBuffer[], pipeline: string, marks: Marks = NO_MARKS): Promise<void> {
    if (!this.wantsLate(name)) return;
    const stream = this.find(lateName(name))!;
    stream.grow(lateColumns(this.#get(name).columns));
    await putSlowly(stream, frames, pipeline, marks);
  }

  list(): StreamInfo[] {
    return [...this.#streams.values()].map((stream) => stream.info);
  }

  get(name: string): StreamInfo {
    return this.#get(name).info;
  }

  put(name: string, declaration: StreamDeclaration): { created: boolean; stream: StreamInfo } {
    const known = this.find(name);
    if (known && !known.declared) {
      throw new RdxError("conflict", `Stream ${name} was made by its first rows: delete it before you declare it`);
    }
    known?.declare(declaration);
    if (known && known.retryMs.length > 0) this.dead.retries.kick();
    const stream = known ?? this.#create(checkedName(name), "rows", true, declaration);
    return { created: known === null, stream: stream.info };
  }

  delete(name: string): void {
    const stream = this.#get(name);
    if (stream.readers.size > 0) {
      throw new RdxError("conflict", `Stream ${name} is read by ${[...stream.readers].join(", ")}: delete that first`);
    }
    this.#streams.delete(name);
    for (const family of ["rowsDecoded", "deadRows", "bytesIn"] as const) this.#parts.metrics[family].remove(name);
    this.#discard(stream);
    // Bad rows of before are not to come back with those of later.
    if (stream.kind === "dead") this.find(name.slice(0, -deadName("").length))?.forgetAside();
    // What was put aside of it says nothing without it, and would be taken for that of the next stream of its name.
    for (const side of [this.find(deadName(name)), this.find(lateName(name))]) {
      if (side?.readers.size === 0 && side.kind !== "rows") this.delete(side.name);
    }
  }

  #discard(stream: Stream): void {
    const { durable } = this.#parts, closed = stream.close();
    if (!durable) return;
    const folder = durable.meta.dropStream(stream.name);
    void closed.finally(() => durable.remove(folder));
  }

  hello(name: string, producer: string): Promise<{ readonly epoch: number; readonly next: number }> {
    return this.#get(name).hello(producer);
  }

  ingest(name: string, request: IngestRequest): Promise<IngestAnswer> {
    if (this.#closing) {
      return Promise.reject(new RdxError("closing", "The engine is shutting down and takes no more rows"));
    }
    const known = this.find(name);
    if (known && known.kind !== "rows") {
      return Promise.reject(
        new RdxError("conflict", `Stream ${name} has what its stream puts aside, and takes no rows`),
      );
    }
    if (known) return known.ingest(request);
    if (request.autoCreate) return this.#first(name, request);
    const hint = "declare it with PUT, or start the server with --auto-create";
    return Promise.reject(new RdxError("not_found", `There is no stream ${name}: ${hint}`));
  }

  /** The first rows of a stream that nobody declared; when none is good, nothing is left of it. */
  async #first(name: string, request: IngestRequest): Promise<IngestAnswer> {
    const stream = this.#create(checkedName(name), "rows", false, INFERRED);
    try {
      return await stream.ingest(request);
    } catch (thrown) {
      // A numbered batch leaves its verdict, and others may be on their way into the stream.
      const needed = request.producer !== undefined || stream.decoding || stream.readers.size > 0;
      if (!needed && stream.log.end === 0 && this.find(name) === stream) this.delete(name);
      throw thrown;
    }
  }

  async end(name: string): Promise<void> {
    await this.#get(name).end();
  }

  follow(name: string, options: FollowOptions): Promise<Follower> {
    const stream = this.#get(name);
    return Follower.open(stream, this.#parts.clock, options, () => this.find(name) === stream);
  }

  async rows(name: string, limit: number) {
    const stream = this.#get(name), ranges = await stream.newest(limit);
    return { columns: stream.columns, ranges };
  }

  credit(name: string): number {
    return this.#closing ? 0 : this.#get(name).credit;
  }

  onCredit(name: string, listener: () => void): () => void {
    return this.#get(name).log.onChange(listener);
  }

  /** Takes nothing more; resolves when all that came is in the logs. */
  async stop(): Promise<void> {
    this.#closing = true;
    await this.dead.retries.close();
    await Promise.all([...this.#streams.values()].map((stream) => stream.settled));
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.dead.retries.close();
    await Promise.all([...this.#streams.values()].map((stream) => stream.close()));
  }
}

/** The name of a stream that somebody makes. */
function checkedName(name: string): string {
  if (NAME_PATTERN.test(name) && !isSideName(name)) return name;
  const wanted = isSideName(name)
    ? "dead and late rows of streams go into those that end in .dead and .late"
    : "expected a letter or _, then up to 127 letters, digits, _ . or -";
  throw new RdxError("invalid_plan", `Cannot use ${JSON.stringify(name)} as a name: ${wanted}`);
}

function holdsOthers(name: string, before: string): RdxError {
  return new RdxError("conflict", `Stream ${name} holds other rows: delete it before ${before}`);
}
