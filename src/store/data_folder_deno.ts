import { DatabaseSync } from "node:sqlite";
import { RdxError, reasonOf } from "../core/errors.ts";
import { CHECKPOINTS_ROOM, DATABASE_NAME } from "./names.ts";

/** What a data directory is made of, as one number. */
const VERSION = "rdx data 1\n";

/** A data directory that this process alone has. */
export interface DataFolder {
  /** `meta.sqlite`. */
  readonly metaPath: string;
  close(): void;
}

/**
 * Takes a data directory, which is made if it is not there. Throws RdxError, and has changed nothing then: "conflict" when another process has it, "invalid" for a
 * folder that is none, that is of another version or incomplete, or that cannot be written.
 *
 *   VERSION       what it is
 *   LOCK          locked by the process that has it, whose id is in it
 *   meta.sqlite   streams and pipelines; see meta_deno.ts
 *   journal/      rows by stream, those of all partitions in one log; see log/format.ts
 *   order/        what pipelines took, in order; see log/order_codec.ts
 *   sink/         what sinks have given away, and what waits to be, by their runs; see log/format.ts
 *   checkpoints/  state of pipelines after some number of their order; see manifest.ts
 *   checkpoints.sqlite  the same in a database, instead; see sqlite_rows_deno.ts
 *   savepoints/   the same in one file each, by pipeline and name; see savepoint_codec.ts
 */
export async function openDataFolder(root: string): Promise<DataFolder> {
  try {
    const names = await namesIn(root);
    if (names === null) await makeRoot(root);
    else if (names.length > 0) await check(root, names);
    const lock = await takeLock(root);
    try {
      if (names === null || names.length === 0) await writeVersion(root);
    } catch (thrown) {
      lock.close();
      throw thrown;
    }
    return { metaPath: `${root}/meta.sqlite`, close: () => lock.close() };
  } catch (thrown) {
    if (thrown instanceof RdxError) throw thrown;
    throw new RdxError(
      "invalid",
      `Cannot use the data directory ${root}: ${
        reasonOf(thrown)
      }; name one with --data that can be written, or pass --durability none`,
    );
  }
}

/**
 * Throws RdxError("invalid") when a data directory has its checkpoints in the other kind of store: what they hold of is not in the logs any more, so that both
 * must not be mixed.
 */
export async function requireStore(root: string, kind: "files" | "sqlite"): Promise<void> {
  const other = kind === "files" ? "sqlite" : "files";
  const has = other === "files"
    ? await hasFiles(`${root}/${CHECKPOINTS_ROOM}`)
    : await hasRows(`${root}/${DATABASE_NAME}`);
  if (!has) return;
  const place = other === "files" ? `files below ${CHECKPOINTS_ROOM}` : DATABASE_NAME;
  throw new RdxError(
    "invalid",
    `The data directory ${root} has its checkpoints in ${place}: pass --store ${other}, or name another directory with --data`,
  );
}

async function hasFiles(folder: string): Promise<boolean> {
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (!isDirectory || await hasFiles(`${folder}/${name}`)) return true;
    }
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
  return false;
}

async function hasRows(path: string): Promise<boolean> {
  if (await Deno.stat(path).then(({ isFile }) => !isFile, () => true)) return false;
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const made = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'checkpoints'").get() !== undefined;
    return made && db.prepare("SELECT 1 FROM checkpoints LIMIT 1").get() !== undefined;
  } catch {
    // What is damaged may have something.
    return true;
  } finally {
    db.close();
  }
}

async function namesIn(root: string): Promise<string[] | null> {
  try {
    return (await Array.fromAsync(Deno.readDir(root))).map(({ name }) => name);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return null;
    throw thrown;
  }
}

async function makeRoot(root: string): Promise<void> {
  await Deno.mkdir(root, { recursive: true, mode: 0o700 });
  await syncFolder(root.slice(0, Math.max(1, root.lastIndexOf("/"))));
}

async function check(root: string, names: readonly string[]): Promise<void> {
  if (!names.includes("VERSION")) {
    // A process that ended while it made it has left no more than this.
    if (names.every((name) => name === "LOCK" || name === "VERSION.tmp")) return;
    throw new RdxError("invalid", `${root} is no data directory, and is not empty: name another with --data`);
  }
  const version = await Deno.readTextFile(`${root}/VERSION`);
  if (version !== VERSION) {
    const told = `it is ${JSON.stringify(version.trim().slice(0, 100))}, and this rdx knows ${
      JSON.stringify(VERSION.trim())
    }`;
    throw new RdxError(
      "invalid",
      `Cannot use the data directory ${root}: ${told}; use the rdx that wrote it, or name another with --data`,
    );
  }
  const rows = names.includes("journal") || names.includes("order");
  if (rows && !names.includes("meta.sqlite")) {
    throw new RdxError(
      "invalid",
      `Cannot use the data directory ${root}: meta.sqlite is missing; put a copy in its place, or name another with --data`,
    );
  }
}

async function takeLock(root: string): Promise<Deno.FsFile> {
  const path = `${root}/LOCK`, file = await Deno.open(path, { read: true, write: true, create: true });
  try {
    if (!file.tryLockSync(true)) {
      const pid = (await Deno.readTextFile(path)).trim() || "unknown";
      throw new RdxError(
        "conflict",
        `The data directory ${root} belongs to a running rdx (process ${pid}): stop that, or name another with --data`,
      );
    }
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
    return file;
  } catch (thrown) {
    file.close();
    throw thrown;
  }
}

async function writeVersion(root: string): Promise<void> {
  const temporary = `${root}/VERSION.tmp`;
  {
    using file = await Deno.open(temporary, { write: true, create: true, truncate: true });
    await file.write(new TextEncoder().encode(VERSION));
    await file.sync();
  }
  await Deno.rename(temporary, `${root}/VERSION`);
  await syncFolder(root);
}

async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}
