/**
 * Bundles web/ into dist/: rdx-components.js and rdx-client.js for any page, rdx-page.js, rdx-sql.js (its editor's SQL) and dist/page/ for the page at `/`. Nothing is bundled when no
 * source changed since the last build.
 *
 *   deno run -A scripts/build_web.ts [--force]
 *
 * The build's name, by which a page sees that the server has become another, is the beginning of the sources' fingerprint: it stands in dist/web.stamp
 * and in the page's `<meta name="rdx-build">`.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { buildSql } from "./build_sql.ts";
import { bundle } from "./bundle.ts";

/** Bytes of rdx-components.js after gzip, with the chart library: what a page that embeds it loads. */
const COMPONENTS_GZIP_BYTES_MAX = 45_000;
/** Hexadecimal digits of a build's name. */
const BUILD_DIGITS = 16;

interface Target {
  readonly entry: string;
  readonly out: string;
  readonly gzipBytesMax?: number;
}

const TARGETS: readonly Target[] = [
  { entry: "web/components.ts", out: "rdx-components.js", gzipBytesMax: COMPONENTS_GZIP_BYTES_MAX },
  { entry: "web/client.ts", out: "rdx-client.js" },
  { entry: "web/page.ts", out: "rdx-page.js" },
  { entry: "web/sql.ts", out: "rdx-sql.js" },
];
/** What the bundles are made of. */
const SOURCES = [
  "deno.json",
  "scripts/build_sql.ts",
  "scripts/build_web.ts",
  "scripts/bundle.ts",
  "scripts/lean_uplot.ts",
  "web",
  "src/client",
  "src/core",
  "src/sql",
  "src/telemetry",
  "src/view",
];

const root = new URL("../", import.meta.url);
const dist = new URL("dist/", root);

/** The paths of all files at or below `path`, relative to the root, sorted. */
function files(path: string): string[] {
  if (Deno.statSync(new URL(path, root)).isFile) return [path];
  return [...Deno.readDirSync(new URL(path, root))].flatMap(({ name }) => files(`${path}/${name}`)).sort();
}

function fingerprint(): string {
  const hash = createHash("sha256");
  for (const path of SOURCES.flatMap(files)) hash.update(path).update(Deno.readFileSync(new URL(path, root)));
  return hash.digest("hex");
}

/** Bundles one root into `folder`; resolves to its bytes after gzip. Throws when it cannot be bundled. */
async function build({ entry, out }: Target, folder: URL): Promise<number> {
  const path = new URL(out, folder);
  await bundle(entry, path.pathname);
  const bytes = gzipSync(Deno.readFileSync(path), { level: 9 }).length;
  console.error(`built dist/${out} (${kilobytes(bytes)} gzip)`);
  return bytes;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} KB`;
}

/** Copies the page's shell, with the build's name in it, and its style. */
function copyPage(build: string, folder: URL): void {
  const html = Deno.readTextFileSync(new URL("web/page/index.html", root)),
    mark = /<meta name="rdx-build" content="[^"]*"/;
  if (!mark.test(html)) {
    throw new Error('web/page/index.html lacks <meta name="rdx-build" content="">, where the build goes');
  }
  Deno.mkdirSync(new URL("page/", folder));
  Deno.writeTextFileSync(
    new URL("page/index.html", folder),
    html.replace(mark, `<meta name="rdx-build" content="${build}"`),
  );
  Deno.copyFileSync(new URL("web/page/page.css", root), new URL("page/page.css", folder));
}

/**
 * Builds everything beside what is there, and puts it in its place only when all of it is made: a server that starts reads whole files. A bundle
 * that is too large lies there to be looked into, and the build has failed all the same.
 */
async function buildAll(now: string): Promise<void> {
  const folder = new URL(`web.${Deno.pid}/`, dist);
  Deno.mkdirSync(folder, { recursive: true });
  try {
    // One after the other: the first `deno bundle` on a machine gets its bundler, and two that get it at one time fail.
    const sizes: number[] = [];
    await buildSql(false);
    for (const target of TARGETS) sizes.push(await build(target, folder));
    copyPage(now.slice(0, BUILD_DIGITS), folder);
    Deno.mkdirSync(new URL("page/", dist), { recursive: true });
    for (const name of [...TARGETS.map(({ out }) => out), "page/page.css", "page/index.html"]) {
      Deno.renameSync(new URL(name, folder), new URL(name, dist));
    }
    TARGETS.forEach(({ out, gzipBytesMax = Infinity }, i) => {
      if (sizes[i] <= gzipBytesMax) return;
      throw new Error(`dist/${out} is ${kilobytes(sizes[i])} after gzip: at most ${kilobytes(gzipBytesMax)} may be`);
    });
    Deno.writeTextFileSync(new URL("web.stamp", dist), now);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const { values } = parseArgs({ options: { force: { type: "boolean" } } });
Deno.mkdirSync(dist, { recursive: true });
const now = fingerprint();
let before = "";
try {
  before = Deno.readTextFileSync(new URL("web.stamp", dist));
} catch { /* the first build */ }
if (values.force || before !== now) {
  try {
    await buildAll(now);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    Deno.exit(1);
  }
}
