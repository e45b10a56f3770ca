import { readFile, unlink, writeFile } from "node:fs/promises";
import process from "node:process";
import { RdxError } from "../../core/errors.ts";

/** Locks that this process holds: its own number in a file tells nothing of them. */
const held = new Set<string>();
/** Tries to take over a lock that is given up in the same moment. */
const TRIES_MAX = 5;

/**
 * Takes a lock by making a file with this process's number in it; the returned function gives it back. One whose process is gone is taken over. Throws
 * RdxError("conflict").
 */
export async function acquireLock(path: string): Promise<() => Promise<void>> {
  for (let tries = 0; tries < TRIES_MAX && !held.has(path); tries++) {
    if (await make(path)) {
      held.add(path);
      return async () => {
        held.delete(path);
        await unlink(path).catch(() => {});
      };
    }
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    if (owner !== process.pid && isAlive(owner)) break;
    await unlink(path).catch(() => {});
  }
  throw new RdxError("conflict", `Another process sends from this outbox: it holds ${path}`);
}

async function make(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch (thrown) {
    if ((thrown as { code?: string }).code === "EEXIST") return false;
    throw new RdxError("invalid", `Cannot make the lock ${path}: ${thrown instanceof Error ? thrown.message : thrown}`);
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as { code?: string }).code === "EPERM";
  }
}
