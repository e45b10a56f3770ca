import type { CheckpointFacts, SavedTable } from "../store.ts";
import { type Checksum, hexOf, seal, unseal } from "./sealed.ts";

// The format of a checkpoint in files, version 2. Paths are relative to `checkpoints/<folder of the pipeline>/`.
//
//   42/manifest.json        the checkpoint after number 42; it is there, or it is not: it comes last, by a rename
//   42/index.json           steps of part 42, in order (part_index.ts); a part without steps has no files
//   42/0-upserts.arrow      rows of a table that are new or others: an Arrow IPC stream, a record batch for each step
//   42/1-deletes.arrow      keys of a table whose rows are gone, likewise
//   42.base/…               a part with the same names: what 42 and all below it came to, made later
//   next/…                  a part that is being written, whose number is known when all of it is there: then its files move to 42/
//
// A checkpoint consists of parts: a base, and what has changed from one checkpoint to the next; its manifest names the files of all of them
// with their sizes and sums, so that parts belong to as many checkpoints as name them. manifest.json is sealed (sealed.ts) around
//
//   { "format": 1, "number": 42, "takenMs": …, "tables": [SavedTable …], "run": …,
//     "parts": [{ "number": 40, "unique": false, "files": [{ "path": "40/index.json", "bytes": 123, "crc32": "0a1b2c3d" }, …] }, …] }
//
// `unique`: no key comes twice in the part, which is then the first.
//
// In version 1 all files have `crc32c` in place of `crc32`, and none is of frames (part_index.ts). What was written then stays as it is, and checkpoints lie on it.

export const CHECKPOINT_VERSION = 2;
export const MANIFEST_NAME = "manifest.json";

/** A file of a part. */
export interface StoredFile {
  /** From the folder of the pipeline's checkpoints on. */
  readonly path: string;
  readonly bytes: number;
  readonly sum: number;
  /** What the sum is: CRC-32, which machines are quick at, or that of version 1. */
  readonly kind: "crc32" | "crc32c";
}

interface SummedFile {
  readonly path: string;
  readonly bytes: number;
  readonly crc32?: string;
  readonly crc32c?: string;
}

/** What was drained for one checkpoint, or what several came to: its index first, then its rows. */
export interface Part {
  readonly number: number;
  readonly unique: boolean;
  readonly files: readonly StoredFile[];
}

export interface Manifest {
  readonly facts: CheckpointFacts;
  readonly parts: readonly Part[];
}

interface Document {
  readonly format: number;
  readonly number: number;
  readonly takenMs: number;
  readonly tables: readonly SavedTable[];
  readonly run: unknown;
  readonly parts: readonly {
    readonly number: number;
    readonly unique: boolean;
    readonly files: readonly SummedFile[];
  }[];
}

export function partBytes({ files }: Part): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

export function encodeManifest({ facts, parts }: Manifest, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const { number, takenMs, tables, run } = facts;
  const document: Document = {
    format: CHECKPOINT_VERSION,
    number,
    takenMs,
    tables,
    run,
    parts: parts.map(({ files, ...part }) => ({
      ...part,
      files: files.map(({ path, bytes, sum, kind }) => ({ path, bytes, [kind]: hexOf(sum) })),
    })),
  };
  return seal(document, checksum);
}

/** Why a manifest is of no use: it is damaged, or of a version that is not known yet. */
export interface Unreadable {
  readonly damage: string;
  readonly newer: boolean;
}

export function decodeManifest(bytes: Uint8Array<ArrayBuffer>, checksum: Checksum): Manifest | Unreadable {
  const unsealed = unseal<Document>(bytes, checksum);
  if ("damage" in unsealed) return { ...unsealed, newer: false };
  const { format, number, takenMs, tables, run, parts } = unsealed.body;
  if (!(format >= 1 && format <= CHECKPOINT_VERSION)) {
    const damage = `it has version ${format} of the format, and this rdx knows ${CHECKPOINT_VERSION}`;
    return { damage, newer: format > CHECKPOINT_VERSION };
  }
  return {
    facts: { number, takenMs, tables, run },
    parts: parts.map(({ files, ...part }) => ({
      ...part,
      files: files.map(fileOf),
    })),
  };
}

function fileOf({ path, bytes, crc32, crc32c }: SummedFile): StoredFile {
  return crc32 === undefined
    ? { path, bytes, sum: parseInt(crc32c ?? "", 16), kind: "crc32c" }
    : { path, bytes, sum: parseInt(crc32, 16), kind: "crc32" };
}
