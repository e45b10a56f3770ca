import type { AppendFile } from "./file.ts";

/** A folder of files as a sink uses it; names have no folders in them. Methods throw what the platform throws. */
export interface PartFolder {
  /** Throws what would keep the folder from being made; makes nothing. */
  check(): Promise<void>;
  /** Names of the files that are there; makes the folder if it is not. */
  list(): Promise<readonly string[]>;
  /** A new and empty file, in the place of one that has its name. */
  create(name: string): Promise<AppendFile>;
  /** Takes a name that nobody has, for a file of this text. Whether it did. */
  claim(name: string, text: string): Promise<boolean>;
  /** Null: it is not there. */
  read(name: string): Promise<string | null>;
  rename(from: string, to: string): Promise<void>;
  /** Nothing happens when it is not there. */
  remove(name: string): Promise<void>;
  /** Names outlive a power cut when this resolves. */
  sync(): Promise<void>;
}

/** The folder at a plan's path. */
export type OpenFolder = (path: string) => PartFolder;
