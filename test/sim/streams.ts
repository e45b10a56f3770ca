import { type ErrorDetail, RdxError } from "../../src/core/errors.ts";
import { type Column, type DataType, DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import type {
  FollowOptions,
  IngestAnswer,
  IngestRequest,
  LogFollower,
  StreamDeclaration,
  StreamInfo,
  StreamService,
} from "../../src/runtime/service.ts";
import type { Value } from "../../src/core/frame.ts";
import { frameOf } from "./view.ts";

interface SimStream {
  readonly name: string;
  declared: boolean;
  declaration: StreamDeclaration;
  rows: (readonly Value[])[];
  ended: boolean;
  dead: number;
  bytes: number;
  producers: Map<string, IngestAnswer[]>;
  listeners: Set<() => void>;
}

const UNDECLARED: StreamDeclaration = {
  columns: [],
  time: null,
  delayMs: 0,
  futureSkewMs: 3_600_000,
  onError: "dead_letter",
  retentionMs: null,
};

/**
 * A double of the streams for tests of those who serve them: it decodes JSON lines row by row, keeps rows in memory and answers as the
 * contract says. Formats other than JSON count as one row.
 */
export class SimStreams implements StreamService {
  readonly #streams = new Map<string, SimStream>();
  /** Requests as they came, with the text of their bodies. */
  readonly requests: (Omit<IngestRequest, "body"> & { stream: string; text: string; bytes: Uint8Array })[] = [];
  /** What `credit` answers. */
  creditRows = 1_000_000;
  /** Thrown by the next ingests, while it is set. */
  failure: Error | null = null;
  /** Ingests wait for it. */
  gate: Promise<void> = Promise.resolve();
  readers: string[] = [];

  #get(name: string): SimStream {
    const stream = this.#streams.get(name);
    if (!stream) throw new RdxError("not_found", `There is no stream ${name}`);
    return stream;
  }

  #make(name: string, declared: boolean, declaration: StreamDeclaration): SimStream {
    const stream = { name, declared, declaration, rows: [], ended: false, dead: 0, bytes: 0 };
    const whole = { ...stream, producers: new Map<string, IngestAnswer[]>(), listeners: new Set<() => void>() };
    this.#streams.set(name, whole);
    return whole;
  }

  list(): StreamInfo[] {
    return [...this.#streams.keys()].map((name) => this.get(name));
  }

  get(name: string): StreamInfo {
    const { declaration, declared, rows, ended, dead, bytes } = this.#get(name);
    return {
      ...declaration,
      name,
      declared,
      schemaVersion: 1,
      start: 0,
      end: rows.length,
      ended,
      rowsIn: rows.length,
      bytesIn: bytes,
      deadRows: dead,
      deadOpen: dead,
      unreadBytes: 0,
      arrivalAheadMs: 0,
      readers: this.readers,
    };
  }

  put(name: string, declaration: StreamDeclaration): { created: boolean; stream: StreamInfo } {
    const created = !this.#streams.has(name);
    if (created) this.#make(name, true, declaration);
    else this.#get(name).declaration = declaration;
    return { created, stream: this.get(name) };
  }

  delete(name: string): void {
    this.#get(name);
    if (this.readers.length > 0) throw new RdxError("conflict", `Stream ${name} is read by ${this.readers.join(", ")}`);
    this.#streams.delete(name);
  }

  async ingest(name: string, request: IngestRequest): Promise<IngestAnswer> {
    const text = new TextDecoder().decode(request.body), { body, ...rest } = request;
    this.requests.push({ ...rest, stream: name, text, bytes: body });
    await this.gate;
    if (this.failure) throw this.failure;
    const stream = this.#streams.get(name) ??
      (request.autoCreate ? this.#make(name, false, UNDECLARED) : this.#get(name));
    if (stream.ended) throw new RdxError("conflict", `Stream ${name} has ended`);
    const before = repeated(stream, request);
    if (before) return { ...before, duplicate: true };
    const answer = decode(stream, text, request);
    stream.bytes += request.body.length;
    if (request.producer !== undefined) {
      stream.producers.set(request.producer, [...stream.producers.get(request.producer) ?? [], answer]);
    }
    return answer;
  }

  end(name: string): Promise<void> {
    this.#get(name).ended = true;
    return Promise.resolve();
  }

  readonly durability = "none";

  async hello(name: string, producer: string): Promise<{ epoch: number; next: number }> {
    const { producers } = this.#get(name), known = producers.get(producer);
    await null;
    return { epoch: 1, next: known?.length ?? 0 };
  }

  async rows(name: string, limit: number) {
    await null;
    const { declaration: { columns }, rows } = this.#get(name);
    const newest = rows.slice(-limit).reverse().map((row) => columns.map((_, i) => row[i] ?? null));
    return { columns, ranges: limit === 0 || rows.length === 0 ? [] : [frameOf(columns, newest)] };
  }

  /** Rows that are there, one by one; nobody waits for others. */
  follow(name: string, { from, to }: FollowOptions): Promise<LogFollower> {
    const { declaration: { columns }, rows } = this.#get(name), end = typeof to === "number" ? to : rows.length;
    let position = typeof from === "number" ? from : from === "latest" ? rows.length : 0;
    if (position > rows.length) return Promise.reject(new RdxError("invalid", `Offset ${position} does not exist yet`));
    return Promise.resolve({
      get position() {
        return position;
      },
      end: rows.length,
      next: () => {
        if (position >= Math.min(end, rows.length)) return Promise.resolve(null);
        const row = columns.map((_, i) => rows[position][i] ?? null), range = frameOf(columns, [row]);
        return Promise.resolve({ offset: position++, partition: 0, arrivalMs: 1000.5 + position, columns, range });
      },
      close() {},
    });
  }

  keepLate(name: string): { created: boolean; stream: StreamInfo } {
    this.#get(name);
    return this.put(`${name}.late`, UNDECLARED);
  }

  credit(name: string): number {
    this.#get(name);
    return this.creditRows;
  }

  onCredit(name: string, listener: () => void): () => void {
    const { listeners } = this.#get(name);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Sets the credit and tells everybody. */
  grant(rows: number): void {
    this.creditRows = rows;
    for (const { listeners } of this.#streams.values()) for (const listener of [...listeners]) listener();
  }

  listeners(name: string): number {
    return this.#get(name).listeners.size;
  }
}

/** The first answer to a number that was used; throws for a gap. */
function repeated(stream: SimStream, { producer, sequence = 0 }: IngestRequest): IngestAnswer | null {
  if (producer === undefined) return null;
  const known = stream.producers.get(producer) ?? [];
  if (sequence <= known.length) return known[sequence] ?? null;
  throw new RdxError("conflict", `Producer ${producer} sent ${sequence}, expected ${known.length}`, [], {
    expected: known.length,
  });
}

function decode(stream: SimStream, text: string, { format }: IngestRequest): IngestAnswer {
  const errors: ErrorDetail[] = [], offset = stream.rows.length;
  const lines = format === "ndjson" ? text.split("\n") : [format === "json" ? text : JSON.stringify({ text })];
  lines.forEach((line, i) => {
    if (line === "") return;
    try {
      stream.rows.push(rowOf(stream, JSON.parse(line)));
    } catch {
      errors.push({ line: i + 1, column: 1, reason: "It is no JSON object" });
    }
  });
  const accepted = stream.rows.length - offset, rejected = errors.length;
  if (rejected > 0 && (accepted === 0 || stream.declaration.onError === "reject")) {
    stream.rows.length = offset;
    throw new RdxError("invalid", `Cannot take rows of stream ${stream.name}`, errors);
  }
  stream.dead += rejected;
  return { stream: stream.name, accepted, rejected, offset, durability: "none", errors };
}

function rowOf(stream: SimStream, value: Record<string, unknown>): Value[] {
  if (typeof value !== "object" || value === null) throw new TypeError("no object");
  const known = stream.declaration.columns, names = known.map(({ name }) => name);
  const added = Object.keys(value).filter((name) => !names.includes(name));
  const columns: Column[] = [...known, ...added.map((name) => ({ name, type: typeOf(value[name]), nullable: true }))];
  stream.declaration = { ...stream.declaration, columns };
  return columns.map(({ name }) => (value[name] ?? null) as Value);
}

function typeOf(value: unknown): DataType {
  if (typeof value === "number") return Number.isSafeInteger(value) ? INT64 : DOUBLE;
  return typeof value === "boolean" ? { kind: "bool" } : STRING;
}
