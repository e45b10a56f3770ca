import type { Device } from "../core/device.ts";
import { isFull } from "../core/device.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import { CHECKPOINT_PIECE_BYTES } from "../core/limits.ts";
import type { CheckpointBounds } from "./bounds.ts";
import type { StoredFile } from "./manifest.ts";
import type { Checksum } from "./sealed.ts";

/** What checkpoints in files are made of. */
export interface FileParts {
  readonly device: Device;
  /** CRC-32C, of documents and of files of version 1. */
  readonly checksum: Checksum;
  /** CRC-32, of all other files. */
  readonly crc32: Checksum;
  /** What is committed survives: a power cut · the death of the process. */
  readonly durability: "fsync" | "os";
  /** Default: the limits. */
  readonly bounds?: Partial<CheckpointBounds>;
  /** Something is to be known by those who run this. */
  said(what: string): void;
}

/** What the device throws, with the place and what to do. */
export function explained(path: string, thrown: unknown): RdxError {
  if (thrown instanceof RdxError) return thrown;
  if (!isFull(thrown)) return new RdxError("internal", `Cannot write ${path}: ${reasonOf(thrown)}`);
  return new RdxError(
    "no_space",
    `There is no room on the disk for ${path}: the checkpoint was not made; make room and try again`,
  );
}

/** What is wrong with a file, and what to do. */
export function damaged(path: string, why: string): RdxError {
  return new RdxError(
    "invalid",
    `Cannot use ${path}: ${why}; put a copy in its place, or go back to a checkpoint before it`,
  );
}

/** Writes a whole file, which outlives a power cut where that is wanted, under its name once its folder is synced. */
export async function writeWhole(
  { device, durability }: Pick<FileParts, "device" | "durability">,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const file = await device.open(path, "create");
  try {
    await file.write(bytes, 0);
    if (durability === "fsync") await file.sync();
  } finally {
    file.close();
  }
}

/** Bytes [at, at + length) of a file, fewer where it ends. */
export async function readPiece(
  device: Device,
  path: string,
  at: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = await device.open(path, "read");
  try {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, await file.read(bytes, at));
  } finally {
    file.close();
  }
}

/** Reads all of a file and finds that it is what was written. Throws RdxError("invalid"). */
export async function verify(
  { device, checksum, crc32 }: FileParts,
  folder: string,
  { path, bytes, sum, kind }: StoredFile,
): Promise<void> {
  const full = `${folder}/${path}`, sumOf = kind === "crc32" ? crc32 : checksum;
  const file = await device.open(full, "read").catch((thrown) => {
    throw damaged(full, `it cannot be opened (${reasonOf(thrown)})`);
  });
  try {
    if (file.bytes !== bytes) throw damaged(full, `it has ${file.bytes} bytes, and ${bytes} were written`);
    const piece = new Uint8Array(Math.min(CHECKPOINT_PIECE_BYTES, bytes));
    let found = 0;
    for (let at = 0; at < bytes;) {
      const read = await file.read(piece.subarray(0, bytes - at), at);
      if (read === 0) throw damaged(full, `it ends after ${at} of ${bytes} bytes`);
      found = sumOf(piece.subarray(0, read), found);
      at += read;
    }
    if (found !== sum) throw damaged(full, "its bytes are not those that were written");
  } finally {
    file.close();
  }
}
