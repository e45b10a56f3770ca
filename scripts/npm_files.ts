/**
 * The folder with an npm package's files: for packages that are data and not modules. Deno downloads the package into its cache, pinned by
 * its version; nothing is installed into the project, and its lock file stays as it is.
 */
export async function npmPackageFiles(name: string, version: string): Promise<string> {
  const { npmCache } = JSON.parse(await deno("info", "--json")) as { npmCache: string };
  const found = () => findPackage(npmCache, name, version);
  if (!await found()) await deno("cache", "--quiet", "--no-lock", `npm:${name}@${version}`);
  const folder = await found();
  if (!folder) throw new Error(`Cannot find npm package ${name}@${version} in ${npmCache} after downloading it`);
  return folder;
}

/** A download that takes longer will not come. */
const DOWNLOAD_MS_MAX = 120_000;

async function deno(...args: string[]): Promise<string> {
  const signal = AbortSignal.timeout(DOWNLOAD_MS_MAX);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, signal }).output();
  if (!success) throw new Error(`deno ${args.join(" ")} failed: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}

/** The cache keeps packages below one folder for each registry. */
async function findPackage(cache: string, name: string, version: string): Promise<string | null> {
  try {
    for await (const registry of Deno.readDir(cache)) {
      const folder = `${cache}/${registry.name}/${name}/${version}`;
      if (await Deno.stat(`${folder}/package.json`).then(() => true, () => false)) return folder;
    }
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
  return null;
}
