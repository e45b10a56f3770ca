import { minify } from "npm:terser@5.51.4";
import { leanUplot } from "./lean_uplot.ts";
import { npmPackageFiles } from "./npm_files.ts";

const root = new URL("../", import.meta.url);

/**
 * Bundles a root for browsers into one file at the path `out`. Throws when it cannot be bundled. Minified twice: Deno's own minifier is quick, the second
 * one's text is a twentieth smaller after gzip.
 */
export async function bundle(entry: string, out: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const map = `${folder}/imports.json`;
    await Deno.writeTextFile(map, JSON.stringify({ imports: await leanImports(folder) }));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--platform", "browser", "--minify", "--import-map", map, "-o", out, entry],
      cwd: root,
    }).output();
    if (!success) throw new Error(`Cannot bundle ${entry}: ${new TextDecoder().decode(stderr).trim()}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const { code } = await minify(withoutSpace(await Deno.readTextFile(out)), {
    module: true,
    ecma: 2020,
    compress: {
      passes: 3,
      hoist_funs: true,
      keep_fargs: false,
      pure_getters: true,
      unsafe_arrows: true,
      unsafe_methods: true,
    },
    // Names of uPlot's own that begin with a line; ours are private by the language.
    mangle: { properties: { regex: /^_[a-zA-Z]+$/ } },
  });
  await Deno.writeTextFile(out, code!);
}

/** The project's packages, with a lean uPlot in `folder`. */
async function leanImports(folder: string): Promise<Record<string, string>> {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root))) as {
    imports: Record<string, string>;
  };
  const version = imports.uplot.replace("npm:uplot@", ""), path = `${folder}/uplot.js`;
  const source = await Deno.readTextFile(`${await npmPackageFiles("uplot", version)}/dist/uPlot.esm.js`);
  await Deno.writeTextFile(path, leanUplot(source));
  return { ...imports, uplot: `file://${path}` };
}

/** Style sheets are strings that begin with a line end: what lies between their rules and declarations means nothing. */
function withoutSpace(code: string): string {
  return code.replace(
    /`\n[^`$]*\{[^`$]*`/g,
    (css) =>
      css.replace(/\s*\n\s*/g, "").replace(/ *([{};]) */g, "$1").replaceAll(": ", ":").replaceAll(", ", ",")
        .replaceAll(";}", "}").replace(/="([a-z]+)"\]/g, "=$1]"),
  );
}
