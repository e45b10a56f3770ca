import type { DeviceFile } from "../core/device.ts";
import { RdxError } from "../core/errors.ts";
import { CHECKPOINT_PIECE_BYTES, SAVEPOINT_BYTES_MAX, SAVEPOINTS_MAX } from "../core/limits.ts";
import type { OpenedSavepoint, SavedStep, SavepointFacts, SavepointInfo, SavepointStore } from "../store.ts";
import { explained, type FileParts } from "./file_parts.ts";
import { encodeSavepoint, type ReadAt, SavepointReader } from "./savepoint_codec.ts";

/** Where savepoints are on their device, in a folder for each pipeline, and those that are on their way in or out. */
const ROOM = "savepoints", COMING = `${ROOM}/.coming`, ENDING = ".rdxsave";

/** Savepoints as files on a device (savepoint_codec.ts says what is in one). */
export class FileSavepoints implements SavepointStore {
  readonly #parts: Omit<FileParts, "bounds" | "said" | "crc32">;
  /** What an earlier process has left on its way is gone. */
  #ready: Promise<void> | null = null;
  #count = 0;

  constructor(parts: Omit<FileParts, "bounds" | "said" | "crc32">) {
    this.#parts = parts;
  }

  async list(pipeline: string): Promise<readonly SavepointInfo[]> {
    const found: SavepointInfo[] = [];
    for (const { name: file, bytes } of await this.#parts.device.list(folderOf(pipeline))) {
      if (!file.endsWith(ENDING)) continue;
      const name = file.slice(0, -ENDING.length), opened = await this.#open(pathOf(pipeline, name)).catch(() => null);
      const { number, takenMs } = opened?.reader.facts.checkpoint ?? { number: -1, takenMs: 0 };
      opened?.file.close();
      found.push({ name, pipeline, number, takenMs, bytes });
    }
    return found.sort((a, b) => a.takenMs - b.takenMs || (a.name < b.name ? -1 : 1));
  }

  async put(
    pipeline: string,
    name: string,
    facts: SavepointFacts,
    steps: AsyncIterable<SavedStep>,
  ): Promise<SavepointInfo> {
    const { device, durability } = this.#parts, folder = folderOf(pipeline), path = pathOf(pipeline, name);
    await this.#requireNew(pipeline, name);
    const coming = await this.#receive(this.encode(facts, steps), Infinity);
    try {
      await device.makeFolder(folder);
      await this.#requireNew(pipeline, name);
      await device.rename(coming.path, path);
      if (durability === "fsync") await device.syncFolder(folder);
    } catch (thrown) {
      await device.remove(coming.path).catch(() => {});
      throw explained(path, thrown);
    }
    const { number, takenMs } = facts.checkpoint;
    return { name, pipeline, number, takenMs, bytes: coming.bytes };
  }

  async #requireNew(pipeline: string, name: string): Promise<void> {
    const there = (await this.#parts.device.list(folderOf(pipeline))).map(({ name }) => name);
    if (there.includes(name + ENDING)) {
      throw new RdxError("conflict", `There is a savepoint ${name} of ${pipeline} already: delete it, or name another`);
    }
    if (there.length >= SAVEPOINTS_MAX) {
      throw new RdxError("busy", `There are ${SAVEPOINTS_MAX} savepoints of ${pipeline} already: delete some first`);
    }
  }

  encode(facts: SavepointFacts, steps: AsyncIterable<SavedStep>): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return encodeSavepoint(facts, steps, this.#parts.checksum);
  }

  async read(pipeline: string, name: string) {
    const file = await this.#parts.device.open(pathOf(pipeline, name), "read").catch(() => {
      throw noSavepoint(pipeline, name);
    });
    return { bytes: file.bytes, pieces: piecesOf(file) };
  }

  async remove(pipeline: string, name: string): Promise<void> {
    const { device, durability } = this.#parts;
    const there = (await device.list(folderOf(pipeline))).some((one) => one.name === name + ENDING);
    if (!there) throw noSavepoint(pipeline, name);
    await device.remove(pathOf(pipeline, name));
    if (durability === "fsync") await device.syncFolder(folderOf(pipeline));
  }

  async take(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<OpenedSavepoint> {
    const { path } = await this.#receive(pieces, SAVEPOINT_BYTES_MAX), close = () => this.#parts.device.remove(path);
    try {
      const first = await this.#open(path);
      try {
        for await (const _ of first.reader.steps()); // whoever uses it finds all of it whole
      } finally {
        first.file.close();
      }
      return { facts: first.reader.facts, steps: () => this.#steps(path), close };
    } catch (thrown) {
      await close();
      throw thrown;
    }
  }

  async *#steps(path: string): AsyncGenerator<SavedStep> {
    const { file, reader } = await this.#open(path);
    try {
      yield* reader.steps();
    } finally {
      file.close();
    }
  }

  async #open(path: string): Promise<{ readonly file: DeviceFile; readonly reader: SavepointReader }> {
    const file = await this.#parts.device.open(path, "read");
    const read: ReadAt = async (at, length) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, file.bytes - at)));
      return bytes.subarray(0, await file.read(bytes, at));
    };
    const shown = path.startsWith(COMING) ? "the savepoint" : path;
    try {
      return { file, reader: await SavepointReader.open(shown, read, this.#parts.checksum) };
    } catch (thrown) {
      file.close();
      throw thrown;
    }
  }

  /** Writes what comes to a file of its own, which outlives a power cut once its folder is synced. */
  async #receive(
    pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
    bytesMax: number,
  ): Promise<{ readonly path: string; readonly bytes: number }> {
    const { device, durability } = this.#parts, path = `${COMING}/${++this.#count}`;
    await (this.#ready ??= device.removeFolder(COMING).then(() => device.makeFolder(COMING)));
    const file = await device.open(path, "create");
    try {
      let bytes = 0;
      for await (const piece of pieces) {
        if (bytes + piece.length > bytesMax) {
          throw new RdxError("too_large", `Cannot take a savepoint of more than ${bytesMax} bytes`);
        }
        await file.write(piece, bytes);
        bytes += piece.length;
      }
      if (durability === "fsync") await file.sync();
      return { path, bytes };
    } catch (thrown) {
      await device.remove(path).catch(() => {});
      throw explained(path, thrown);
    } finally {
      file.close();
    }
  }
}

async function* piecesOf(file: DeviceFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    for (let at = 0; at < file.bytes;) {
      const piece = new Uint8Array(Math.min(CHECKPOINT_PIECE_BYTES, file.bytes - at)),
        read = await file.read(piece, at);
      if (read === 0) return;
      yield piece.subarray(0, read);
      at += read;
    }
  } finally {
    file.close();
  }
}

function folderOf(pipeline: string): string {
  return `${ROOM}/${pipeline}`;
}

function pathOf(pipeline: string, name: string): string {
  return `${folderOf(pipeline)}/${name}${ENDING}`;
}

function noSavepoint(pipeline: string, name: string): RdxError {
  return new RdxError("not_found", `There is no savepoint ${name} of ${pipeline}`);
}
