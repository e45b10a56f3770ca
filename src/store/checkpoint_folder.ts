import { RdxError, reasonOf } from "../core/errors.ts";
import { CHECKPOINTS_KEPT_MAX } from "../core/limits.ts";
import type { CheckpointInfo } from "../store.ts";
import { damaged, type FileParts, readPiece, verify, writeWhole } from "./file_parts.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
  MANIFEST_NAME,
  partBytes,
  type StoredFile,
} from "./manifest.ts";

/** A checkpoint that is there: what its manifest says, or why that is of no use. */
export type Found =
  & { readonly number: number; readonly bytes: number }
  & ({ readonly manifest: Manifest } | { readonly damage: RdxError; readonly newer: boolean });

const NUMBERS = /^(0|[1-9]\d{0,15})$/, UNFINISHED = `${MANIFEST_NAME}.tmp`;

/** The checkpoints of one pipeline, as files. Nobody but one at a time calls what changes them. */
export class CheckpointFolder {
  readonly path: string;
  readonly #parts: FileParts;
  /** Folders in it that are being written. */
  readonly busy = new Set<string>();
  /** Files that are being read, and by how many. */
  readonly #read = new Map<string, number>();

  constructor(path: string, parts: FileParts) {
    this.path = path;
    this.#parts = parts;
  }

  /** All that are there, newest first. */
  async list(): Promise<Found[]> {
    const names = await this.#parts.device.folders(this.path), found: Found[] = [];
    for (const number of names.filter((name) => NUMBERS.test(name)).map(Number).sort((a, b) => b - a)) {
      const one = await this.find(number);
      if (one) found.push(one);
    }
    return found;
  }

  /** Null: there is no such checkpoint. */
  async find(number: number): Promise<Found | null> {
    const { device, checksum } = this.#parts, folder = `${this.path}/${number}`, path = `${folder}/${MANIFEST_NAME}`;
    const file = (await device.list(folder)).find(({ name }) => name === MANIFEST_NAME);
    if (!file) return null;
    const { bytes } = file,
      refused = (why: string, newer: boolean) => ({
        number,
        bytes,
        damage: newer ? ofNewer(path, why) : damaged(path, why),
        newer,
      });
    const read = await readPiece(device, path, 0, bytes).catch(reasonOf);
    if (typeof read === "string") return refused(`it cannot be read (${read})`, false);
    const manifest = decodeManifest(read, checksum);
    if ("damage" in manifest) return refused(manifest.damage, manifest.newer);
    const own = manifest.facts.number;
    return own === number ? { number, bytes, manifest } : refused(`it is that of checkpoint ${own}`, false);
  }

  /** Gives files of a part that was written in a folder the place of the part of this number, for the manifest that names them next. */
  async place(files: readonly StoredFile[], number: number): Promise<StoredFile[]> {
    const { device } = this.#parts, placed: StoredFile[] = [];
    if (files.length > 0) await device.makeFolder(`${this.path}/${number}`);
    for (const file of files) {
      const path = `${number}${file.path.slice(file.path.lastIndexOf("/"))}`;
      await device.rename(`${this.path}/${file.path}`, `${this.path}/${path}`);
      placed.push({ ...file, path });
    }
    return placed;
  }

  /** Makes a manifest the one of its checkpoint, in the place of one that was there. */
  async publish(manifest: Manifest): Promise<void> {
    const { device, checksum, durability } = this.#parts, folder = `${this.path}/${manifest.facts.number}`;
    await device.makeFolder(folder);
    await writeWhole(this.#parts, `${folder}/${UNFINISHED}`, encodeManifest(manifest, checksum));
    // Files are there under their names before a manifest names them.
    if (durability === "fsync") await device.syncFolder(folder);
    await device.rename(`${folder}/${UNFINISHED}`, `${folder}/${MANIFEST_NAME}`);
    if (durability === "fsync") await device.syncFolder(folder);
  }

  /** Forgets a checkpoint; its files stay. */
  async unpublish(number: number): Promise<void> {
    const { device, durability } = this.#parts, folder = `${this.path}/${number}`;
    await device.remove(`${folder}/${MANIFEST_NAME}`);
    // What names files goes before the files do.
    if (durability === "fsync") await device.syncFolder(folder);
  }

  /** Forgets the oldest beyond those that are kept: as many as can be read, and damaged ones between them. */
  async prune(): Promise<void> {
    const { kept = CHECKPOINTS_KEPT_MAX } = this.#parts.bounds ?? {};
    let whole = 0;
    for (const found of await this.list()) {
      if (whole >= kept) await this.unpublish(found.number);
      else if ("manifest" in found) whole++;
    }
    await this.sweep();
  }

  /** Removes files that no checkpoint names and nobody writes or reads. What a damaged manifest may name stays. */
  async sweep(): Promise<void> {
    const { device } = this.#parts, found = await this.list();
    const unknown = Math.max(-1, ...found.flatMap((one) => "damage" in one ? [one.number] : []));
    const named = new Set(found.map(({ number }) => `${number}/${MANIFEST_NAME}`));
    for (const one of found) {
      if ("manifest" in one) {
        for (const { files } of one.manifest.parts) files.forEach(({ path }) => named.add(path));
      }
    }
    for (const name of await device.folders(this.path)) {
      if (this.busy.has(name) || parseInt(name) <= unknown) continue;
      const paths = (await device.list(`${this.path}/${name}`)).map((file) => `${name}/${file.name}`);
      const gone = paths.filter((path) => !named.has(path) && !this.#read.has(path));
      if (gone.length === paths.length) await device.removeFolder(`${this.path}/${name}`);
      else for (const path of gone) await device.remove(`${this.path}/${path}`);
    }
  }

  /** Files of the checkpoint stay until what this returns is called, whatever happens to it meanwhile. */
  hold({ parts }: Manifest): () => void {
    const paths = parts.flatMap(({ files }) => files.map(({ path }) => path));
    for (const path of paths) this.#read.set(path, (this.#read.get(path) ?? 0) + 1);
    return () => {
      for (const path of paths) {
        const left = (this.#read.get(path) ?? 1) - 1;
        if (left > 0) this.#read.set(path, left);
        else this.#read.delete(path);
      }
    };
  }

  /** Reads all files of a checkpoint. Throws RdxError("invalid") that names the one that is damaged or missing. */
  async verify({ parts }: Manifest, signal?: AbortSignal): Promise<void> {
    for (const { files } of parts) {
      for (const file of files) {
        signal?.throwIfAborted();
        await verify(this.#parts, this.path, file);
      }
    }
  }
}

function ofNewer(path: string, why: string): RdxError {
  return new RdxError(
    "invalid",
    `Cannot use ${path}: ${why}; use the rdx that wrote it, or move the data directory away`,
  );
}

/** Why a checkpoint is of no use: it is not there, or damaged. */
export function damageOf(folder: string, number: number, found: { readonly damage: RdxError } | null): RdxError {
  return found?.damage ?? new RdxError("not_found", `There is no checkpoint of ${folder} after number ${number}`);
}

export function infoOf(found: Found): CheckpointInfo {
  const { number, bytes } = found;
  if ("damage" in found) return { number, takenMs: 0, bytes, deltaBytes: bytes, deltas: 0 };
  const { facts, parts } = found.manifest, sizes = parts.map(partBytes);
  return {
    number,
    takenMs: facts.takenMs,
    bytes: sizes.reduce((sum, size) => sum + size, bytes),
    deltaBytes: bytes + (sizes.at(-1) ?? 0),
    deltas: Math.max(0, parts.length - 1),
  };
}
