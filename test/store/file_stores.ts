import { crc32 } from "node:zlib";
import type { Device } from "../../src/core/device.ts";
import { Crc32c } from "../../src/kernel/crc.ts";
import { FileCheckpoints } from "../../src/store/checkpoints_files.ts";
import { decodeManifest } from "../../src/store/manifest.ts";
import { factsOf, FOLDER, groups, take, upserts } from "../contract/checkpoint_store.ts";
import { randomStep, TableModel } from "../contract/checkpoint_tables.ts";
import { loadKernel } from "../kernel/load.ts";
import type { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";

const crc = new Crc32c(loadKernel());

export const ROOT = `checkpoints/${FOLDER}`;

export function checksum(bytes: Uint8Array, before?: number): number {
  return crc.of(bytes, before);
}

/** A store over what is on a device; `said` gets what it tells. */
export function fileStore(
  device: Device,
  bounds = {},
  durability: "fsync" | "os" = "fsync",
  said: string[] = [],
): FileCheckpoints {
  return new FileCheckpoints({ device, checksum, crc32, durability, bounds, said: (what) => said.push(what) });
}

/** Takes some checkpoints, one after another, of a table that changes; `expect` hears what each will have, before it is begun. */
export async function takeSome(
  store: FileCheckpoints,
  count: number,
  expect: (number: number, text: string[]) => void,
  seed = 1,
): Promise<void> {
  const random = seeded(seed), table = groups(), model = new TableModel([table]);
  for (let number = 1; number <= count; number++) {
    const steps = number === 1
      ? [upserts(random, table, 30)]
      : [randomStep(random, table, 20), randomStep(random, table, 5)];
    steps.forEach((step) => model.apply(step));
    expect(number, model.text());
    await take(store, factsOf(number, [table]), steps);
  }
}

/** Files on the disk that no manifest names. */
export function unnamed(disk: SimDisk): string[] {
  const named = new Set<string>();
  for (const path of disk.paths.filter((path) => path.endsWith("/manifest.json"))) {
    named.add(path);
    const manifest = decodeManifest(disk.bytes(path), checksum);
    if ("damage" in manifest) throw new Error(manifest.damage);
    for (const { files } of manifest.parts) for (const { path } of files) named.add(`${ROOT}/${path}`);
  }
  return disk.paths.filter((path) => !named.has(path));
}
