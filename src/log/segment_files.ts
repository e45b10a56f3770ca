import { RdxError, reasonOf } from "../core/errors.ts";
import { SEGMENT_BYTES_MAX, SEGMENT_FIRST_BYTES } from "../core/limits.ts";
import { isFull, type LogDevice, type LogFile } from "./device.ts";
import type { GroupBuffers } from "./group_buffers.ts";
import {
  type Checksum,
  decodeSegmentHead,
  encodeSegmentHead,
  type Packer,
  SEGMENT_HEADER_BYTES,
  SEGMENT_VERSION,
  type SegmentHead,
} from "./format.ts";
import { SpareSegment, writeZeros } from "./spare_segment.ts";

/** What logs over segments are made of. */
export interface SegmentParts {
  readonly device: LogDevice;
  readonly checksum: Checksum;
  /** Packs parts; null: they are written as they are. */
  readonly packer: Packer | null;
  /** Unpacks what an earlier process has packed; null where nothing can. */
  readonly unpacker: Packer | null;
  /** What is acknowledged survives: a power cut · the death of the process. */
  readonly durability: "fsync" | "os";
  /** What groups are written from; shared by the logs of a device. */
  readonly buffers: GroupBuffers;
  /** Bytes of the first segment of a log, and of those that it has later; default: the limits. */
  readonly segmentBytes?: { readonly first: number; readonly max: number };
  /** Bytes of records that are synced beside those before them; default: the limit. */
  readonly overlapBytes?: number;
  /** Epoch ms. */
  now(): number;
}

/** One file of a log. */
export interface Segment extends SegmentHead {
  readonly name: string;
  /** Behind its last record; null until somebody has gone through it. */
  end: number | null;
  /** Another takes its place: it has no rows, and its name may be that of the other by now. */
  replaced?: boolean;
}

const ENDING = ".seg", UNFINISHED = ".tmp", DIGITS = 20;

/** Whether a file of a log is a segment of it, by its name. */
export function isSegmentName(name: string): boolean {
  return name.endsWith(ENDING);
}

/** The name of the one whose first record has this key: names sort as keys do. */
export function segmentName(first: number): string {
  return String(first).padStart(DIGITS, "0") + ENDING;
}

/** The files of one log: what there is, what comes next, and what goes. */
export class SegmentFiles {
  readonly folder: string;
  readonly parts: SegmentParts;
  #spare: SpareSegment | null = null;
  #spares = 0;

  constructor(folder: string, parts: SegmentParts) {
    this.folder = folder;
    this.parts = parts;
  }

  /**
   * All segments in order, and files that were not finished when the machine stopped: those under no name of a segment, and a last segment that is shorter than its
   * head. Throws RdxError("invalid") for files that are damaged, missing or of another version. Changes nothing.
   */
  async list(): Promise<{ segments: Segment[]; unfinished: string[] }> {
    const { device } = this.parts, segments: Segment[] = [];
    const names = (await device.list(this.folder)).map(({ name }) => name);
    const ordered = names.filter(isSegmentName).sort();
    const unfinished = names.filter((name) => name.endsWith(UNFINISHED));
    for (const name of ordered) {
      const head = await this.#headOf(name);
      if (head) segments.push({ ...head, name, end: null });
      else if (name === ordered.at(-1)) unfinished.push(name);
      else throw this.damaged(name, "its head is no head of a segment");
    }
    for (const [i, { id, name }] of segments.entries()) {
      if (i > 0 && id !== (segments[i - 1].id + 1) >>> 0) {
        throw this.damaged(name, `it does not follow ${segments[i - 1].name}: files between them are missing`);
      }
    }
    return { segments, unfinished };
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) await this.parts.device.remove(this.path(name));
  }

  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  damaged(name: string, why: string): RdxError {
    return new RdxError(
      "invalid",
      `Cannot use ${this.path(name)}: ${why}; put a copy in its place, or move the data directory away`,
    );
  }

  /** Null: the file ends before its head does. */
  async #headOf(name: string): Promise<SegmentHead | null> {
    const { device, checksum } = this.parts, file = await device.open(this.path(name), "read");
    try {
      const bytes = new Uint8Array(SEGMENT_HEADER_BYTES), read = await file.read(bytes, 0);
      if (read < SEGMENT_HEADER_BYTES) return null;
      const head = decodeSegmentHead(bytes, checksum);
      if (!head) throw this.damaged(name, "its head is damaged");
      if (head.version !== SEGMENT_VERSION) {
        throw this.damaged(name, `it has version ${head.version} of the format, and this rdx knows ${SEGMENT_VERSION}`);
      }
      return head;
    } finally {
      file.close();
    }
  }

  /** All bytes of a segment. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const file = await this.parts.device.open(this.path(name), "read");
    try {
      const bytes = new Uint8Array(file.bytes);
      return bytes.subarray(0, await file.read(bytes, 0));
    } finally {
      file.close();
    }
  }

  /**
   * Makes the bytes of the last segment, and the names of all, outlive a power cut: a process that was killed may have written without a sync what is read, and told to
   * be stored, from now on.
   */
  async settle({ name }: Segment): Promise<void> {
    const { device } = this.parts, file = await device.open(this.path(name), "write");
    try {
      await file.sync();
    } finally {
      file.close();
    }
    await device.syncFolder(this.folder);
  }

  /** Opens the segment that is written on, with nothing but zeros from `end` on. `bytes`: all of it. */
  async reopen({ name }: Segment, end: number, bytes: Uint8Array): Promise<LogFile> {
    const file = await this.parts.device.open(this.path(name), "write");
    if (bytes.subarray(end).some((byte) => byte !== 0)) await writeZeros(file, end, bytes.length);
    return file;
  }

  /** Begins to make ready the segment behind one of `capacity` bytes, if nobody has. */
  prepare(capacity: number): void {
    const { first = SEGMENT_FIRST_BYTES, max = SEGMENT_BYTES_MAX } = this.parts.segmentBytes ?? {};
    if (this.#spare) return;
    const spare = this.#spare = this.#make(capacity === 0 ? first : Math.min(max, capacity * 2));
    this.#forgetBroken(spare);
  }

  /** Whoever needs it makes another then, and is told. */
  #forgetBroken(spare: SpareSegment): void {
    spare.whole().catch(() => {
      if (this.#spare === spare) this.#spare = null;
    });
  }

  #make(capacity: number): SpareSegment {
    return SpareSegment.make(this.parts.device, this.#sparePath(), capacity);
  }

  #sparePath(): string {
    return this.path(`spare-${this.#spares++}${UNFINISHED}`);
  }

  /**
   * Makes the next segment, with at least `least` bytes; its name and its head outlive a power cut when this resolves. It takes the place of one before it
   * that has the same first key, whose records all have no rows.
   */
  async next(first: number, before: Segment | null, least: number): Promise<{ segment: Segment; file: LogFile }> {
    const { device, checksum } = this.parts, { spare, file } = await this.#take(before, least);
    const { path, capacity } = spare, name = segmentName(first);
    const id = before?.first === first ? before.id : ((before?.id ?? 0) + 1) >>> 0;
    const head = { first, id, capacity, madeMs: this.parts.now() };
    try {
      await file.write(encodeSegmentHead(head, checksum), 0);
      await file.sync();
      await device.rename(path, this.path(name));
      await device.syncFolder(this.folder);
    } catch (thrown) {
      file.close();
      await device.remove(path).catch(() => {});
      throw this.explained(thrown);
    }
    return { segment: { ...head, version: SEGMENT_VERSION, name, end: null }, file };
  }

  /** The next spare, with `least` bytes. The first of a log has all its zeros: nobody writes yet, and most logs have no other. */
  async #take(before: Segment | null, least: number): Promise<{ spare: SpareSegment; file: LogFile }> {
    try {
      if (!before) await this.parts.device.makeFolder(this.folder);
      this.prepare(before?.capacity ?? 0);
      const spare = this.#spare!, file = await (before ? spare.take() : spare.whole());
      if (this.#spare === spare) this.#spare = null;
      if (spare.capacity >= least) return { spare, file };
      file.close();
      await this.parts.device.remove(spare.path);
      const larger = this.#make(least);
      return { spare: larger, file: await larger.take() };
    } catch (thrown) {
      throw this.explained(thrown);
    }
  }

  /**
   * Uses a segment again that nobody needs, or removes it. That outlives a power cut when this resolves: were the one behind it gone before it, files would be missing
   * between it and the others.
   */
  async recycle(segment: Segment, largest: number): Promise<void> {
    await this.#takeAway(segment, largest);
    await this.parts.device.syncFolder(this.folder);
  }

  async #takeAway({ name, capacity }: Segment, largest: number): Promise<void> {
    const { device, segmentBytes } = this.parts, max = segmentBytes?.max ?? SEGMENT_BYTES_MAX;
    // One that was made longer for a record that is too large for others would hold more than them, and what is kept is counted by segments.
    if (this.#spare !== null || capacity < largest || capacity > max) return await device.remove(this.path(name));
    const spare = this.#spare = SpareSegment.again(device, this.path(name), this.#sparePath(), capacity);
    this.#forgetBroken(spare);
    await spare.whole().catch(() => {});
  }

  async close(): Promise<void> {
    const spare = this.#spare;
    this.#spare = null;
    await spare?.take().then((file) => file.close()).catch(() => {});
  }

  /** What the device throws, with the place and what to do. */
  explained(thrown: unknown): RdxError {
    if (thrown instanceof RdxError) return thrown;
    if (isFull(thrown)) {
      return new RdxError(
        "no_space",
        `There is no room on the disk for ${this.folder}: nothing was stored; make room and try again`,
      );
    }
    return new RdxError("internal", `Cannot write ${this.folder}: ${reasonOf(thrown)}`);
  }
}
