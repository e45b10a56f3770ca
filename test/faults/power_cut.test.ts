import { startServer, type TestServer } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { GrowingPartitions } from "./growing_partitions.ts";
import { checkAll, deploy, ready, sendUntil } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Power cuts of one disk; `deno task test:faults` has more disks. */
const CUTS = 4;
const IS_LONG = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20) > 20, DISKS = IS_LONG ? 10 : 2;
const DISK_MB = 96;
/** EXT4_IOC_SHUTDOWN, and what says that nothing more reaches the device: neither data nor the file system's own journal. */
const EXT4_IOC_SHUTDOWN = 0x8004587dn, NO_LOG_FLUSH = 2;
const O_RDONLY = 0;

function run(command: string, args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

async function makeDisk(image: string): Promise<boolean> {
  using file = await Deno.open(image, { write: true, create: true });
  await file.truncate(DISK_MB << 20);
  return run("mkfs.ext4", ["-q", "-F", image]);
}

/** Whether this machine lets us mount an ext4 of our own. */
async function hasDisks(): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-power-" });
  try {
    return await makeDisk(`${folder}/disk`) &&
      run("unshare", ["-m", "sh", "-c", `mkdir ${folder}/at && mount -o loop ${folder}/disk ${folder}/at`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Cuts the power of the disk that a path is on. */
function cutPower(path: string): void {
  const library = Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
  const { open, ioctl, close } = library.symbols, fd = open(new TextEncoder().encode(`${path}\0`), O_RDONLY);
  if (fd < 0) throw new Error(`Cannot open ${path}`);
  const result = ioctl(fd, EXT4_IOC_SHUTDOWN, Uint32Array.of(NO_LOG_FLUSH));
  close(fd);
  library.close();
  if (result !== 0) throw new Error(`Cannot cut the power of ${path}`);
}

const ignore = !await hasDisks();
if (ignore) {
  console.log("No disk loses power here: mkfs.ext4, unshare and loop devices are needed, and the right to use them");
}

interface Run {
  readonly root: string;
  readonly client: VerifyingClient;
  readonly random: (below: number) => number;
  /** Null: the stream has one, and no more. */
  readonly partitions: GrowingPartitions | null;
}

/** A server whose data is on the disk of its own, which is mounted for it alone. */
function startOn({ root, random }: Run): Promise<TestServer> {
  return startServer({
    data: `${root}/at/data`,
    through: ["unshare", "-m", "sh", "-c", `mount -o loop ${root}/disk ${root}/at && exec "$@"`, "sh"],
    args: ["--workers", String(1 + random(2)), "--checkpoint-interval", "60ms"],
  });
}

/** One life of the server, in the middle of which its disk loses power; at times there are more partitions shortly before, or meanwhile. */
async function live(run: Run, isFirst: boolean): Promise<void> {
  const { root, client, random, partitions } = run;
  await using server = await startOn(run);
  client.inTrouble = false;
  if (isFirst) await deploy(server, `${root}/at/data`, partitions);
  // Some lose it again while they recover.
  if (random(4) > 0) await ready(server);
  await partitions?.areKept(server);
  const { acks } = client, growsAt = random(10);
  const sending = sendUntil(server, client, 5 + random(25), () => {
    client.inTrouble = true;
    cutPower(`/proc/${server.pid}/root${root}/at`);
  });
  if (partitions && !isFirst) {
    while (!client.inTrouble && client.acks < acks + growsAt) await new Promise((resolve) => setTimeout(resolve, 1));
    await partitions.grow(server).catch((thrown) => {
      if (!client.inTrouble) throw thrown;
    });
  }
  await sending;
}

// Where there are none it is the long form that counts them as skipped.
for (let disk = 0; disk < (ignore && !IS_LONG ? 0 : DISKS); disk++) {
  const seed = 8000 + disk, several = disk % 2 === 1, what = several ? "each row of all partitions" : "it";
  Deno.test({
    name:
      `a disk that loses power again and again has all that was acknowledged, and sinks have ${what} once (seed ${seed})`,
    ignore,
    async fn() {
      const root = await Deno.makeTempDir({ prefix: "rdx-power-" }), random = seeded(seed);
      const partitions = several ? new GrowingPartitions(random) : null;
      const client = new VerifyingClient("s", random, () => partitions?.named());
      const run = { root, client, random, partitions };
      try {
        await Deno.mkdir(`${root}/at`);
        await makeDisk(`${root}/disk`);
        for (let cut = 0; cut < CUTS; cut++) await live(run, cut === 0);
        client.inTrouble = false;
        await using server = await startOn(run);
        await ready(server);
        await partitions?.areKept(server);
        await partitions?.declare(server);
        const data = `${root}/at/data`, seen = `/proc/${server.pid}/root${data}`;
        await checkAll(server, client, { data, seen, folder: "parts", view: "totals" });
      } catch (thrown) {
        const how = partitions?.told ?? "one partition";
        throw new Error(`seed ${seed}, ${how}, ${client.acks} acknowledgements`, { cause: thrown });
      } finally {
        await Deno.remove(root, { recursive: true });
      }
    },
  });
}
