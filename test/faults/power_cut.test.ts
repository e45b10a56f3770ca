import { startServer } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { checkAll, deploy, ready, sendUntil } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Power cuts of one disk; `deno task test:faults` has more disks. */
const CUTS = 4;
const IS_LONG = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20) > 20, DISKS = IS_LONG ? 10 : 1;
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

// Where there are none it is the long form that counts them as skipped.
for (let disk = 0; disk < (ignore && !IS_LONG ? 0 : DISKS); disk++) {
  const seed = 8000 + disk;
  Deno.test({
    name:
      `a disk that loses power again and again has all that was acknowledged, and sinks have it once (seed ${seed})`,
    ignore,
    async fn() {
      const root = await Deno.makeTempDir({ prefix: "rdx-power-" }), at = `${root}/at`, random = seeded(seed);
      const client = new VerifyingClient("s", random);
      const mount = `mount -o loop ${root}/disk ${at} && exec "$@"`;
      const start = () =>
        startServer({
          data: `${at}/data`,
          through: ["unshare", "-m", "sh", "-c", mount, "sh"],
          args: ["--workers", String(1 + random(2)), "--checkpoint-interval", "60ms"],
        });
      try {
        await Deno.mkdir(at);
        await makeDisk(`${root}/disk`);
        for (let cut = 0; cut < CUTS; cut++) {
          await using server = await start();
          client.inTrouble = false;
          if (cut === 0) await deploy(server, `${at}/data`);
          // Some lose it again while they recover.
          if (random(4) > 0) await ready(server);
          await sendUntil(server, client, 5 + random(25), () => {
            client.inTrouble = true;
            cutPower(`/proc/${server.pid}/root${at}`);
          });
        }
        client.inTrouble = false;
        await using server = await start();
        await ready(server);
        const seen = `/proc/${server.pid}/root${at}/data`;
        await checkAll(server, client, { data: `${at}/data`, seen, folder: "parts", view: "totals" });
      } catch (thrown) {
        throw new Error(`seed ${seed}, ${client.acks} acknowledgements`, { cause: thrown });
      } finally {
        await Deno.remove(root, { recursive: true });
      }
    },
  });
}
