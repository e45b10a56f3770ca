import type { OpenEncoder, SchemaInference } from "../codec.ts";
import type { EngineService } from "../runtime/service.ts";
import type { LoadDemo } from "../server/demo.ts";
import type { PageBundle } from "../server/page.ts";
import type { Logger } from "../telemetry/log.ts";

/** What the command line tells the composition root to make an engine of. */
export interface EngineOptions {
  /** Worker threads; undefined: as the machine has them. */
  readonly workers?: number;
  /** The data directory, absolute. */
  readonly data: string;
  /** The folder of the caller, absolute: relative paths in plans are resolved against it. */
  readonly folder: string;
  /** What an accepted row survives: a power cut, the death of the process, nothing. */
  readonly durability: "fsync" | "os" | "none";
  /** What keeps checkpoints in the data directory; default: files. */
  readonly store?: "files" | "sqlite";
  /** How rows are written to the data directory; default: as they are. */
  readonly compression?: "none" | "zstd";
  /** Bytes of memory for the state of each pipeline in each worker; absent: the default. */
  readonly stateBytesMax?: number;
  /** How often checkpoints are taken; absent: the default. 0: only at an orderly end. */
  readonly checkpointIntervalMs?: number;
  /** False: pipelines that an earlier process has left are left as they are. */
  readonly recoverPipelines?: boolean;
  readonly log: Logger;
  /** Addresses of inner networks that lookups over HTTP may ask. */
  readonly allowPrivate?: readonly string[];
  /** Files and folders, absolute, whose user functions plans may call; null: those of any module, for the plans are the caller's own. */
  readonly functions: readonly string[] | null;
}

/** What a server offers beside the engine. */
export interface Site {
  /** The page at `/`, or null where it is not built. */
  readonly bundle: PageBundle | null;
  /** Gets the flights of the demo, or null where there are none. */
  readonly loadDemo: LoadDemo | null;
}

/** Finds what the page is made of. */
export type OpenSite = () => Promise<Site>;

/** Makes an engine; it is ready when the promise resolves, and lives until its `close`. */
export type CreateEngine = (options: EngineOptions) => Promise<EngineService>;

/** What reads and writes rows outside of an engine. */
export interface PipeParts {
  readonly inference: SchemaInference;
  readonly openEncoder: OpenEncoder;
}

/** Finds these parts. */
export type OpenPipe = () => Promise<PipeParts>;
