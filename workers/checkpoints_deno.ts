/** The thread that writes and reads checkpoints, in Deno. */
import { expose } from "comlink";
import { crc32 } from "node:zlib";
import { Crc32c } from "../src/kernel/crc.ts";
import { Kernel } from "../src/kernel/module.ts";
import { DenoDevice } from "../src/log/device_deno.ts";
import { CheckpointHost } from "../src/store/checkpoint_host.ts";
import { FileCheckpoints } from "../src/store/checkpoints_files.ts";
import { SqliteCheckpoints } from "../src/store/checkpoints_sqlite_deno.ts";
import type { ThreadSettings } from "../src/store/checkpoints_thread_deno.ts";
import { DATABASE_NAME } from "../src/store/names.ts";
import { SqliteRows } from "../src/store/sqlite_rows_deno.ts";

expose(
  new CheckpointHost<ThreadSettings>(({ kind, root, module, ...settings }, said) => {
    const crc = new Crc32c(new Kernel(module)),
      checksum = (bytes: Uint8Array, before?: number) => crc.of(bytes, before);
    return kind === "files"
      ? new FileCheckpoints({ ...settings, device: new DenoDevice(root), checksum, crc32, said })
      : new SqliteCheckpoints({ ...settings, rows: SqliteRows.open(`${root}/${DATABASE_NAME}`, checksum), said });
  }),
);
