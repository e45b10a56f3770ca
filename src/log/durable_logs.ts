import type { Clock } from "../core/clock.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import { ORDER_SEGMENT_BYTES_MAX, ORDER_SEGMENT_FIRST_BYTES } from "../core/limits.ts";
import type { Log, OpenedOrder, OrderLog } from "../log.ts";
import type { CheckpointStore, Durable, Meta, SavepointStore } from "../store.ts";
import type { LogDevice } from "./device.ts";
import type { Checksum, Packer } from "./format.ts";
import { GroupBuffers } from "./group_buffers.ts";
import { JournalLog } from "./journal.ts";
import type { JournalBounds, JournalParts } from "./journal_parts.ts";
import { OrderJournal, type OrderParts } from "./order_journal.ts";
import { isSegmentName, segmentName, type SegmentParts } from "./segment_files.ts";

export interface DurableParts {
  readonly device: LogDevice;
  readonly meta: Meta;
  readonly checkpoints: CheckpointStore;
  readonly savepoints: SavepointStore;
  readonly checksum: Checksum;
  /** Packs rows; null: they are written as they are. */
  readonly packer: Packer | null;
  /** Unpacks what was packed before. */
  readonly unpacker: Packer | null;
  readonly durability: "fsync" | "os";
  readonly clock: Clock;
  readonly bounds?: Partial<JournalBounds>;
  /** Of the logs of streams; absent: SEGMENT_FIRST_BYTES and SEGMENT_BYTES_MAX. */
  readonly segmentBytes?: SegmentParts["segmentBytes"];
  said(what: string): void;
  /** Called when nothing is under way any more. */
  closed?(): void;
}

/**
 * Rooms of a data directory whose folders are logs. A stream has one log for all of its partitions, so that a request which has rows of several is one record, synced
 * once.
 */
const ORDERS = "order", ROOMS = ["journal", ORDERS], LOG = "0";
/** The room of logs that sinks have for themselves, which `meta` knows by the places of sinks alone. */
const SINKS = "sink";

/** The logs of streams and pipelines on one device, in the folders that `meta` gives. */
export class DurableLogs implements Durable {
  readonly meta: Meta;
  readonly durability: "fsync" | "os";
  readonly checkpoints: CheckpointStore;
  readonly savepoints: SavepointStore;
  readonly #parts: DurableParts;
  readonly #shared = { bytes: 0 };
  readonly #buffers = new GroupBuffers();
  /** Removals that are under way. */
  readonly #removing = new Set<Promise<void>>();

  private constructor(parts: DurableParts) {
    this.meta = parts.meta;
    this.durability = parts.durability;
    this.checkpoints = parts.checkpoints;
    this.savepoints = parts.savepoints;
    this.#parts = parts;
  }

  /** Throws RdxError("invalid") for folders that nobody knows. What belongs to nothing any more is removed. */
  static async open(parts: DurableParts): Promise<DurableLogs> {
    const { meta, device } = parts, known = new Set(meta.folders());
    for (const room of ROOMS) {
      for (const name of await device.folders(room)) {
        if (known.has(`${room}/${name}`)) continue;
        throw new RdxError(
          "invalid",
          `Cannot use ${room}/${name}: meta.sqlite knows nothing of it; put the meta.sqlite back that belongs to it, or move the folder away`,
        );
      }
    }
    const logs = new DurableLogs(parts);
    await logs.#dropSinkLogs();
    for (const folder of meta.unused()) logs.remove(folder);
    return logs;
  }

  createLog<Answer>(folder: string): Log<Answer> {
    return JournalLog.create<Answer>(`${folder}/${LOG}`, this.#journalParts(folder));
  }

  async openLog<Answer>(folder: string): Promise<Log<Answer>> {
    const path = `${folder}/${LOG}`;
    await this.#requireFiles(folder, path);
    return await JournalLog.open<Answer>(path, this.#journalParts(folder), (cut) => this.said(cut));
  }

  createOrder(folder: string, after = 0): OrderLog {
    return OrderJournal.create(folder, this.#orderParts(folder), after);
  }

  async openOrder(folder: string, after = 0): Promise<OpenedOrder> {
    await this.#requireFiles(folder, folder);
    return await OrderJournal.open(folder, this.#orderParts(folder), (cut) => this.said(cut), after);
  }

  async openSinkLog<Answer>(name: string): Promise<Log<Answer>> {
    const folder = `${SINKS}/${name}`, { segments, clock, shared } = this.#journalParts(folder);
    const segmentBytes = { first: ORDER_SEGMENT_FIRST_BYTES, max: ORDER_SEGMENT_BYTES_MAX };
    const parts = { segments: { ...segments, segmentBytes }, clock, shared };
    const isThere = (await this.#parts.device.list(folder)).length > 0;
    return isThere
      ? await JournalLog.open<Answer>(folder, parts, (cut) => this.said(cut))
      : JournalLog.create<Answer>(folder, parts);
  }

  /** Removes the logs of sinks that nobody has any more. */
  async #dropSinkLogs(): Promise<void> {
    const { device, meta } = this.#parts;
    const known = JSON.stringify(meta.pipelines().flatMap(({ plans }) => plans.map(({ origins }) => origins)));
    for (const name of await device.folders(SINKS)) {
      if (!known.includes(name.split("~")[0])) await device.removeFolder(`${SINKS}/${name}`);
    }
  }

  /**
   * A log that has had files has its newest: without any it would pass for one that nothing came to, and without the newest for one to which less came, whose numbers
   * would be given again.
   */
  async #requireFiles(folder: string, path: string): Promise<void> {
    const newest = this.meta.newest(folder);
    if (newest === null) return;
    const names = (await this.#parts.device.list(path)).map(({ name }) => name).filter(isSegmentName).sort();
    if (names.length > 0 && names.at(-1)! >= segmentName(newest)) return;
    const what = names.length === 0 ? `files of ${path}` : `files of ${path} from ${segmentName(newest)} on`;
    throw new RdxError(
      "invalid",
      `The ${what} are missing: put a copy in their place, or move the data directory away`,
    );
  }

  #journalParts(folder: string): JournalParts {
    const { bounds = {}, segmentBytes } = this.#parts, segments = { ...this.#segments(), segmentBytes };
    return {
      segments,
      clock: this.#parts.clock,
      bounds,
      shared: this.#shared,
      made: (first) => this.#made(folder, first),
    };
  }

  #orderParts(folder: string): OrderParts {
    const { clock } = this.#parts, segmentBytes = { first: ORDER_SEGMENT_FIRST_BYTES, max: ORDER_SEGMENT_BYTES_MAX };
    return {
      segments: { ...this.#segments(), segmentBytes, packer: null, now: () => clock.now() },
      after: (ms, call) => clock.after(ms, call),
      made: (first) => this.#made(folder, first),
    };
  }

  #segments(): JournalParts["segments"] {
    const { device, checksum, packer, unpacker, durability } = this.#parts;
    return { device, checksum, packer, unpacker, durability, buffers: this.#buffers };
  }

  #made(folder: string, first: number): void {
    const newest = this.meta.newest(folder);
    if (newest !== null && first <= newest) return;
    try {
      this.meta.made(folder, first);
    } catch (thrown) {
      // Of a log that is known to have files, an older one serves: less is missed then.
      if (newest === null) throw thrown;
    }
  }

  remove(folder: string): void {
    const removing = this.#removeAll(folder).catch((thrown) =>
      this.said(`${folder} could not be removed, which is tried again at the next start: ${reasonOf(thrown)}`)
    ).finally(() => this.#removing.delete(removing));
    this.#removing.add(removing);
  }

  /** It is forgotten last, so that what is left of it is found again. */
  async #removeAll(folder: string): Promise<void> {
    if (folder.startsWith(`${ORDERS}/`)) await this.checkpoints.remove(folder);
    await this.#parts.device.removeFolder(folder);
    this.meta.forget(folder);
  }

  said(what: string): void {
    this.#parts.said(what);
  }

  async close(): Promise<void> {
    while (this.#removing.size > 0) await Promise.all(this.#removing);
    await this.checkpoints.close();
    this.meta.close();
    this.#parts.closed?.();
  }
}
