/**
 * Type-checks the platform-neutral rooms without the `Deno` namespace: what runs in a page must not know where it runs.
 *
 *   deno run -A scripts/check_browser.ts [further files, by absolute path]
 */
const root = new URL("../", import.meta.url);

/** Rooms and files that may use `Deno`. */
const PLATFORM = [
  /^src\/server\//,
  /^src\/cli\//,
  /^src\/main\.ts$/,
  /^src\/compose\.ts$/,
  /^workers\/.*_deno\.ts$/,
  /^src\/(source|sink|log|store|lookup)\/[a-z_]*(deno|file|stdout)[a-z_]*\.ts$/,
  /^src\/client\/(http|sqlite)\/[a-z_]*deno[a-z_]*\.ts$/,
  /^src\/telemetry\/.*_deno\.ts$/,
];

function* neutral(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(folder, root))) {
    const path = folder + entry.name;
    if (entry.isDirectory) yield* neutral(`${path}/`);
    else if (path.endsWith(".ts") && !PLATFORM.some((pattern) => pattern.test(path))) yield path;
  }
}

const files = [...neutral("src/"), ...neutral("workers/"), ...neutral("web/"), ...Deno.args];
const base = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
const config = {
  imports: base.imports,
  nodeModulesDir: base.nodeModulesDir,
  compilerOptions: { ...base.compilerOptions, types: [], lib: ["dom", "dom.iterable", "dom.asynciterable", "esnext"] },
};
// Beside the real one, so that relative imports and the lock file are found.
const path = new URL("dist/deno.browser.json", root).pathname;
Deno.mkdirSync(new URL("dist/", root), { recursive: true });
Deno.writeTextFileSync(path, JSON.stringify(config));
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["check", "--quiet", "--no-lock", "--config", path, ...files.map((file) => new URL(file, root).pathname)],
}).output().then((output) => {
  if (!output.success) console.error(new TextDecoder().decode(output.stderr));
  return output;
});
console.error(
  code === 0 ? `${files.length} files are free of any platform` : "A platform-neutral room uses a platform",
);
Deno.exit(code);
