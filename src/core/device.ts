/**
 * Where logs and checkpoints are written: files in folders. Platforms give one; tests put a double in its place that loses, tears and flips what was not synced. Paths use `/`
 * and are relative to the root of the device. All methods throw what the platform throws; `isFull` tells whether room is what it lacks.
 */
export interface Device {
  /** The files of a folder with their sizes; none when there is no such folder. */
  list(folder: string): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
  /** Names of the folders in a folder. */
  folders(folder: string): Promise<readonly string[]>;
  /** Makes the folder and those above it, so that they outlive a power cut. */
  makeFolder(folder: string): Promise<void>;
  /** Removes a folder and all that is in it; nothing happens when it is not there. */
  removeFolder(folder: string): Promise<void>;
  /** Opens a file; `create`: it is new and empty. */
  open(path: string, how: "read" | "write" | "create"): Promise<DeviceFile>;
  /** Gives a file another name, in the place of one that has it. Lasts once the folder is synced. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Names of the folder's files outlive a power cut when this resolves. */
  syncFolder(folder: string): Promise<void>;
  /** Resolves when everything that is ready to run now has run. */
  turn(): Promise<void>;
}

export interface DeviceFile {
  readonly bytes: number;
  /** Reads into all of `into`, or as far as the file goes; returns how many bytes that were. */
  read(into: Uint8Array<ArrayBuffer>, at: number): Promise<number>;
  /** Writes all of `bytes` at `at`, or throws. `beside`: nobody waits for it, and it should cost this thread as little as can be. */
  write(bytes: Uint8Array<ArrayBuffer>, at: number, beside?: "beside"): Promise<void>;
  /** What was written outlives a power cut when this resolves (fdatasync). */
  sync(): Promise<void>;
  close(): void;
}

/** What the device's refusal means for those who wait. */
export function isFull(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return code === "ENOSPC" || code === "EDQUOT" || /ENOSPC|EDQUOT|[Nn]o space|[Qq]uota/.test(String(thrown));
}
