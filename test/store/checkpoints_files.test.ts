import { checkpointStoreContract } from "../contract/checkpoint_store.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { fileStore } from "./file_stores.ts";

checkpointStoreContract("files", 12, () => {
  const disk = new SimDisk(seeded(1));
  return Promise.resolve({
    open: (bounds = {}) => Promise.resolve(fileStore(disk, bounds)),
    remove: () => Promise.resolve(),
  });
});
