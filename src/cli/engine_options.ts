import type { EngineService } from "../runtime/service.ts";
import type { Logger } from "../telemetry/log.ts";

/** What the command line tells the composition root to make an engine of. */
export interface EngineOptions {
  /** Worker threads; undefined: as the machine has them. */
  readonly workers?: number;
  /** The data directory, absolute. */
  readonly data: string;
  /** The folder of the caller, absolute: relative paths in plans are resolved against it. */
  readonly folder: string;
  /** What an accepted row survives. */
  readonly durability: "none";
  readonly log: Logger;
}

/** Makes an engine; it is ready when the promise resolves, and lives until its `close`. */
export type CreateEngine = (options: EngineOptions) => Promise<EngineService>;
