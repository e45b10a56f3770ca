import type { ColdFile } from "../core/cold_file.ts";

/** A working file on disk, in `folder` or, null, where the system keeps such. Nobody else sees it, and it is gone with the process. */
export function openColdFile(folder: string | null): ColdFile {
  const path = Deno.makeTempFileSync({ prefix: "rdx-cold-", ...(folder === null ? {} : { dir: folder }) });
  const file = Deno.openSync(path, { read: true, write: true });
  // Without a name it goes when it is closed, however the process ends
  Deno.removeSync(path);
  return {
    write(at, bytes) {
      file.seekSync(at, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
    },
    read(at, into) {
      file.seekSync(at, Deno.SeekMode.Start);
      let done = 0;
      while (done < into.length) {
        const more = file.readSync(into.subarray(done));
        if (more === null) break;
        done += more;
      }
      return done;
    },
    truncate: (bytes) => file.truncateSync(bytes),
    close: () => file.close(),
  };
}
