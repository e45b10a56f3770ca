import { Crc32c } from "../../src/kernel/crc.ts";
import { FileCheckpoints } from "../../src/store/checkpoints_files.ts";
import { checkpointStoreContract } from "../contract/checkpoint_store.ts";
import { loadKernel } from "../kernel/load.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";

const crc = new Crc32c(loadKernel());

checkpointStoreContract("files", 12, () => {
  const disk = new SimDisk(seeded(1));
  const checksum = (bytes: Uint8Array, before?: number) => crc.of(bytes, before);
  return Promise.resolve({
    open: (bounds = {}) =>
      Promise.resolve(new FileCheckpoints({ device: disk, checksum, durability: "fsync", bounds, said: () => {} })),
    remove: () => Promise.resolve(),
  });
});
