import assert from "node:assert/strict";
import type { LogFile } from "../../src/log/device.ts";
import { SimDisk } from "./disk.ts";

/** A disk on which syncs wait until somebody lets them go. */
export class HeldDisk extends SimDisk {
  /** Syncs of records that wait, in the order in which they began; null: none has to. */
  held: ((thrown?: Error) => void)[] | null = null;

  override async open(path: string, how: "read" | "write" | "create"): Promise<LogFile> {
    const file = await super.open(path, how);
    let syncing = false;
    return {
      get bytes() {
        return file.bytes;
      },
      read: (into, at) => file.read(into, at),
      write: (bytes, at) => file.write(bytes, at),
      close: () => file.close(),
      sync: async () => {
        assert.ok(!syncing, "one opening of a file is synced twice at a time");
        syncing = true;
        const thrown = await new Promise<Error | undefined>((go) => this.held ? this.held.push(go) : go(undefined));
        if (thrown) throw thrown;
        await file.sync();
        syncing = false;
      },
    };
  }
}
