import { RdxError, reasonOf } from "../core/errors.ts";
import type {
  CheckpointFacts,
  CheckpointInfo,
  CheckpointStore,
  CheckpointWriter,
  OpenedCheckpoint,
  SavedStep,
} from "../store.ts";
import { CheckpointFolder, type Found, infoOf } from "./checkpoint_folder.ts";
import { explained, type FileParts } from "./file_parts.ts";
import type { Manifest } from "./manifest.ts";
import { PartReader } from "./part_reader.ts";
import { PartWriter } from "./part_writer.ts";
import { Turns } from "./turns.ts";

/** Where checkpoints are on their device. */
export const CHECKPOINTS_ROOM = "checkpoints";

/** One pipeline's. */
interface Place {
  readonly files: CheckpointFolder;
  readonly turns: Turns;
  writer: FileWriter | null;
}

/** Checkpoints as Arrow files beside manifests, on a device (manifest.ts says how they lie). */
export class FileCheckpoints implements CheckpointStore {
  readonly kind = "files";
  readonly #parts: FileParts;
  readonly #places = new Map<string, Place>();

  constructor(parts: FileParts) {
    this.#parts = parts;
  }

  #placeOf(folder: string): Place {
    let place = this.#places.get(folder);
    if (!place) {
      const files = new CheckpointFolder(`${CHECKPOINTS_ROOM}/${folder}`, this.#parts);
      this.#places.set(folder, place = { files, turns: new Turns(), writer: null });
    }
    return place;
  }

  list(folder: string): Promise<readonly CheckpointInfo[]> {
    const { turns, files } = this.#placeOf(folder);
    return turns.take(async () => (await files.list()).map(infoOf));
  }

  begin(folder: string, number: number, whole: boolean): Promise<CheckpointWriter> {
    const place = this.#placeOf(folder), { files, turns } = place;
    return turns.take(async () => {
      if (place.writer) throw conflict(folder, "one is being written already");
      const found = await files.list(), newer = found.find((one) => "damage" in one && one.newer);
      if (newer && "damage" in newer) throw newer.damage;
      const newest = found.at(0) ?? null;
      if (newest && newest.number >= number) {
        throw conflict(folder, `there is one after number ${newest.number} already`);
      }
      if (newest && "damage" in newest && !whole) throw newest.damage;
      await files.sweep();
      const below = whole || !newest ? null : newest.number;
      return place.writer = new FileWriter(this.#parts, place, number, below);
    });
  }

  async open(folder: string, number: number): Promise<OpenedCheckpoint> {
    const { files, turns } = this.#placeOf(folder);
    const { manifest, release } = await turns.take(async () => {
      const manifest = readable(folder, number, await files.find(number));
      return { manifest, release: files.hold(manifest) };
    });
    try {
      await files.verify(manifest);
    } finally {
      release();
    }
    return { facts: manifest.facts, steps: () => this.#steps(folder, number) };
  }

  /** What is in its files, which have been verified; all files stay while it is read. */
  async *#steps(folder: string, number: number): AsyncGenerator<SavedStep> {
    const { files, turns } = this.#placeOf(folder);
    const { manifest, release } = await turns.take(async () => {
      const manifest = readable(folder, number, await files.find(number));
      return { manifest, release: files.hold(manifest) };
    });
    try {
      for (const part of manifest.parts) {
        const reader = await PartReader.open(this.#parts, files.path, part);
        for (const step of reader.index.steps) yield* await reader.read(step);
      }
    } finally {
      release();
    }
  }

  discard(folder: string, number: number): Promise<void> {
    const place = this.#placeOf(folder), { files, turns } = place;
    return turns.take(async () => {
      if (place.writer) throw conflict(folder, "one is being written on top of it");
      for (const one of await files.list()) {
        const above = "manifest" in one && one.manifest.parts.some((part) => part.number === number);
        if (one.number === number || (one.number > number && above)) await files.unpublish(one.number);
      }
      await files.sweep();
    });
  }

  async remove(folder: string): Promise<void> {
    const place = this.#placeOf(folder);
    await place.writer?.abandon();
    await place.turns.take(() => this.#parts.device.removeFolder(place.files.path));
    this.#places.delete(folder);
  }

  async close(): Promise<void> {
    for (const place of this.#places.values()) await place.writer?.abandon();
    this.#places.clear();
  }
}

function conflict(folder: string, why: string): RdxError {
  return new RdxError("conflict", `Cannot change the checkpoints of ${folder}: ${why}`);
}

function readable(folder: string, number: number, found: Found | null): Manifest {
  if (!found) throw new RdxError("not_found", `There is no checkpoint of ${folder} after number ${number}`);
  if ("damage" in found) throw found.damage;
  return found.manifest;
}

/** Writes one checkpoint on top of the newest, or of nothing. */
class FileWriter implements CheckpointWriter {
  readonly #parts: FileParts;
  readonly #place: Place;
  readonly #number: number;
  /** The number of the checkpoint that it lies on, or null. */
  readonly #below: number | null;
  readonly #part: PartWriter;

  constructor(parts: FileParts, place: Place, number: number, below: number | null) {
    this.#parts = parts;
    this.#place = place;
    this.#number = number;
    this.#below = below;
    place.files.busy.add(String(number));
    this.#part = new PartWriter(parts, place.files.path, String(number));
  }

  add(step: SavedStep): Promise<void> {
    return this.#part.add(step);
  }

  async commit(facts: CheckpointFacts): Promise<void> {
    const { files, turns } = this.#place;
    try {
      if (facts.number !== this.#number) throw conflict(files.path, `${facts.number} is not the number that was begun`);
      const own = { number: this.#number, unique: false, files: await this.#part.finish(facts.tables) };
      await turns.take(async () => {
        const below = this.#below === null ? null : await files.find(this.#below);
        if (this.#below !== null && !below) throw conflict(files.path, `that after number ${this.#below} is gone`);
        if (below && "damage" in below) throw below.damage;
        await this.#publish({ facts, parts: [...below?.manifest.parts ?? [], own] });
      });
    } catch (thrown) {
      await this.abandon();
      throw explained(`${files.path}/${this.#number}`, thrown);
    }
    this.#leave();
    await turns.take(() => files.prune()).catch((thrown) =>
      this.#parts.said(
        `Old checkpoints in ${files.path} could not be removed, which is tried again: ${reasonOf(thrown)}`,
      )
    );
  }

  async #publish(manifest: Manifest): Promise<void> {
    const { files } = this.#place;
    try {
      await files.publish(manifest);
    } catch (thrown) {
      // It may have its name already, and whoever waits is told that it is not there.
      await files.unpublish(this.#number).catch(() => {});
      throw thrown;
    }
  }

  async abandon(): Promise<void> {
    if (this.#place.writer !== this) return;
    const { files, turns } = this.#place;
    await this.#part.stop();
    // What cannot be removed now is swept when the next one begins.
    await turns.take(() => this.#parts.device.removeFolder(`${files.path}/${this.#number}`)).catch(() => {});
    this.#leave();
  }

  #leave(): void {
    if (this.#place.writer === this) this.#place.writer = null;
    this.#place.files.busy.delete(String(this.#number));
  }
}
