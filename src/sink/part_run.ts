import { RdxError } from "../core/errors.ts";
import type { PartFolder } from "./part_folder.ts";
import { firstNumber, lastNumber, openName, openParts, runName } from "./part_names.ts";

/** What a run has committed: its last number, and the name that its last part got or was to get. */
export interface RunState {
  readonly number: number;
  readonly part: string | null;
}

const encoder = new TextEncoder();

/** Notes what a run commits; lasts when it resolves. */
export async function writeRun(folder: PartFolder, run: number, state: RunState): Promise<void> {
  const name = runName(run), aside = `${name}.tmp`, file = await folder.create(aside);
  try {
    await file.append(encoder.encode(JSON.stringify(state)));
    await file.sync();
  } finally {
    file.close();
  }
  await folder.rename(aside, name);
  await folder.sync();
}

/**
 * The last number that a run has committed, −1: none. A part that was noted and has not got its name gets it now; what was being written otherwise is removed. Throws
 * RdxError("conflict") for a note that says nothing.
 */
export async function readRun(folder: PartFolder, run: number): Promise<number> {
  const names = await folder.list(), state = stateOf(run, await folder.read(runName(run)));
  const noted = state.part === null ? null : openName(run, firstNumber(state.part));
  for (const name of openParts(run, names)) {
    if (name === noted) await folder.rename(name, state.part!);
    else await folder.remove(name);
  }
  await folder.remove(`${runName(run)}.tmp`);
  await folder.sync();
  return Math.max(state.number, lastNumber(run, names));
}

function stateOf(run: number, text: string | null): RunState {
  // Somebody may have removed what is no part: then the parts say it.
  if (text === null || text === "") return { number: -1, part: null };
  try {
    const { number, part } = JSON.parse(text) as RunState;
    if (Number.isSafeInteger(number) && (part === null || typeof part === "string")) return { number, part };
  } catch {
    // It is told below.
  }
  throw new RdxError(
    "conflict",
    `File ${runName(run)} of the folder says nothing that can be read: put it back, or remove it`,
  );
}
