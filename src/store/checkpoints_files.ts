import { RdxError, reasonOf } from "../core/errors.ts";
import type { CheckpointInfo, CheckpointStore, CheckpointWriter, OpenedCheckpoint, SavedStep } from "../store.ts";
import { isDue } from "./bounds.ts";
import { CheckpointFolder, damageOf, infoOf } from "./checkpoint_folder.ts";
import { compactFiles, liesOn, sizesOf } from "./file_compaction.ts";
import type { FileParts } from "./file_parts.ts";
import { conflict, FileWriter, type HowOver, requireNewest } from "./file_writer.ts";
import type { Manifest } from "./manifest.ts";
import { CHECKPOINTS_ROOM } from "./names.ts";
import { PartReader } from "./part_reader.ts";
import { Turns } from "../core/turns.ts";

/** One pipeline's. */
interface Place {
  readonly files: CheckpointFolder;
  readonly turns: Turns;
  readonly ending: AbortController;
  writer: FileWriter | null;
  compacting: Promise<void> | null;
  /** Ends what makes a new base. */
  compaction: AbortController;
  /** Nobody wants a new base of the newest. */
  left: boolean;
  /** What was found to be damaged while a new base was made of it. */
  damaged: { readonly manifest: Manifest; readonly damage: RdxError } | null;
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
      const idle = { writer: null, compacting: null, compaction: new AbortController(), left: false, damaged: null };
      this.#places.set(folder, place = { files, turns: new Turns(), ending: new AbortController(), ...idle });
    }
    return place;
  }

  list(folder: string): Promise<readonly CheckpointInfo[]> {
    const { turns, files } = this.#placeOf(folder);
    return turns.take(async () => (await files.list()).map(infoOf));
  }

  begin(folder: string, below: number | null): Promise<CheckpointWriter> {
    const place = this.#placeOf(folder), { files, turns } = place;
    return turns.take(async () => {
      if (place.writer) throw conflict(folder, "one is being written already");
      const found = await files.list(), newer = found.find((one) => "damage" in one && one.newer);
      if (newer && "damage" in newer) throw newer.damage;
      const newest = found.at(0) ?? null;
      requireNewest(folder, below, newest);
      if (newest && below !== null) {
        if ("damage" in newest) throw newest.damage;
        if (place.damaged && liesOn(newest.manifest, place.damaged.manifest)) throw place.damaged.damage;
      }
      await files.sweep();
      const at = { above: newest?.number ?? null, below };
      // What is made of those before it would be of no use
      if (below === null) place.compaction.abort();
      return place.writer = new FileWriter(this.#parts, files, turns, at, (how) => this.#over(place, how));
    });
  }

  #over(place: Place, how: HowOver): void {
    place.writer = null;
    if (how === "abandoned") return;
    place.left = how === "left";
    this.#compact(place);
  }

  /** Makes new bases beside all else as long as there is reason to. */
  #compact(place: Place): void {
    if (place.compacting || place.ending.signal.aborted) return;
    const { signal } = place.compaction = new AbortController();
    place.compacting = this.#compactNewest(place, AbortSignal.any([signal, place.ending.signal])).catch((thrown) => {
      if (!signal.aborted && !place.ending.signal.aborted) {
        this.#parts.said(`No new base was made in ${place.files.path}, which is tried again: ${reasonOf(thrown)}`);
      }
    }).finally(() => place.compacting = null);
  }

  async #compactNewest(place: Place, signal: AbortSignal): Promise<void> {
    const { files, turns } = place;
    while (!signal.aborted && !place.left) {
      const [newest] = await turns.take(() => files.list());
      if (!newest || "damage" in newest || !isDue(sizesOf(newest.manifest), this.#parts.bounds)) return;
      try {
        await compactFiles(this.#parts, files, turns, newest.number, signal);
      } catch (thrown) {
        if (thrown instanceof RdxError && thrown.code === "invalid") {
          place.damaged = { manifest: newest.manifest, damage: thrown };
        }
        throw thrown;
      }
    }
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    for (const place of this.#places.values()) while (place.compacting) await place.compacting;
  }

  async open(folder: string, number: number): Promise<OpenedCheckpoint> {
    const { files, turns } = this.#placeOf(folder);
    const { manifest, release } = await turns.take(async () => {
      const found = await files.find(number);
      if (!found || "damage" in found) throw damageOf(folder, number, found);
      return { manifest: found.manifest, release: files.hold(found.manifest) };
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
      const found = await files.find(number);
      if (!found || "damage" in found) throw damageOf(folder, number, found);
      return { manifest: found.manifest, release: files.hold(found.manifest) };
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
    await this.#end(place);
    await place.turns.take(() => this.#parts.device.removeFolder(place.files.path));
    this.#places.delete(folder);
  }

  async #end(place: Place): Promise<void> {
    place.ending.abort();
    await place.writer?.abandon();
    await place.compacting;
  }

  async close(): Promise<void> {
    for (const place of this.#places.values()) await this.#end(place);
    this.#places.clear();
  }
}
