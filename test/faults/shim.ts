/** A server's C library with faults in front of it (shim.c); what it does is written to a file of its own. */
export class Shim {
  readonly #folder: string;
  /** What the server is given. */
  readonly env: Record<string, string>;

  private constructor(folder: string, part: string) {
    this.#folder = folder;
    this.env = { LD_PRELOAD: `${folder}/shim.so`, RDX_SHIM: `${folder}/fault`, RDX_SHIM_PATH: part };
  }

  /** Null where there is no C compiler. `part`: of the paths of files that calls fail on. */
  static async make(folder: string, part: string): Promise<Shim | null> {
    const source = new URL("shim.c", import.meta.url).pathname;
    try {
      const args = ["-shared", "-fPIC", "-O1", "-o", `${folder}/shim.so`, source];
      const { success, stderr } = await new Deno.Command("cc", { args, stderr: "piped" }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
    } catch (thrown) {
      if (thrown instanceof Deno.errors.NotFound) return null;
      throw thrown;
    }
    return new Shim(folder, part);
  }

  async set(fault: "sync" | "write" | "clock" | "none"): Promise<void> {
    await Deno.writeTextFile(`${this.#folder}/fault`, fault);
  }
}

/** Whether the machine has a C compiler; without one, faults of the C library are skipped. */
export function hasCompiler(): boolean {
  try {
    return Deno.build.os === "linux" && new Deno.Command("cc", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}
