/** Where the Chromium is that tests and benches use: the one named by RDX_CHROMIUM, or the system's. */
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Its path, or null where there is none. */
export async function findChromium(): Promise<string | null> {
  const named = Deno.env.get("RDX_CHROMIUM");
  if (named) return named;
  for (const name of NAMES) {
    for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
      const path = `${folder}/${name}`;
      if (await Deno.stat(path).then((stat) => stat.isFile, () => false)) return path;
    }
  }
  return null;
}
