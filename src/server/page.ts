import { plainText } from "./answers.ts";
import type { App, ServerContext } from "./context.ts";
import { HttpError } from "./problems.ts";
import { StaticFile } from "./static_file.ts";

/** The page's bundle, as the composition root found it. */
export interface PageBundle {
  /** Names the build: a page that sees another name is older or newer than the server. */
  readonly build: string;
  /** The shell at `/`: HTML without data. */
  readonly page: Uint8Array<ArrayBuffer>;
  /** What is below /assets, by name. */
  readonly assets: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** The page runs its own scripts, takes its own styles and asks its own server; values of the data are text to it. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: readonly (readonly [ending: string, type: string])[] = [
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
];
const NOT_BUILT = "The page is not built: deno task build:web makes it. /openapi.json describes what answers here.\n";

/** `/`, what runs here for people, and the scripts and styles of it, which pages of any origin may embed. */
export function pageRoutes(app: App, { bundle }: ServerContext): void {
  const page = bundle &&
    new StaticFile(bundle.page, { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY });
  const assets = new Map([...bundle?.assets ?? []].map(([name, bytes]) => [name, assetOf(name, bytes)]));
  app.get("/", (c) => page ? page.answer(c) : plainText(NOT_BUILT));
  app.get("/assets/:name", (c) => {
    const asset = assets.get(c.req.param("name"));
    if (asset) return asset.answer(c);
    const names = [...assets.keys()].join(", ");
    throw new HttpError(
      "not_found",
      assets.size > 0
        ? `There is no asset of this name: there are ${names}`
        : "The page is not built: there are no assets",
    );
  });
}

function assetOf(name: string, bytes: Uint8Array<ArrayBuffer>): StaticFile {
  const type = TYPES.find(([ending]) => name.endsWith(ending))?.[1] ?? "application/octet-stream";
  return new StaticFile(bytes, { "content-type": type, "cross-origin-resource-policy": "cross-origin" });
}
