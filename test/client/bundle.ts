const root = new URL("../../", import.meta.url);

/** Bundles a file of the project into one module for pages. */
export async function bundleFor(platform: "browser" | "deno", entry: string, out: string): Promise<void> {
  const args = ["bundle", "--quiet", "--platform", platform, "--minify", "-o", out, entry];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: root }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
