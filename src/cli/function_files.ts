import { dirname, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { RdxError, reasonOf } from "../core/errors.ts";
import type { FunctionRules } from "../plan/catalog.ts";

/** A file or a folder, without links on the way to it. */
interface Allowed {
  readonly path: string;
  readonly isFolder: boolean;
}

/**
 * Lets plans call the user functions of modules that are files in these files and folders, given as absolute paths. Links are followed
 * first, on both sides: what lies outside stays outside. Throws RdxError("invalid") for a path that is not there.
 */
export function functionFiles(paths: readonly string[]): FunctionRules {
  const allowed = paths.map(resolved);
  const folders = allowed.map(({ path, isFolder }) => isFolder ? path : dirname(path));
  return {
    refusal: (module) => refusalOf(module, allowed),
    base: folders.length === 0 ? null : pathToFileURL(folders[0] + sep).href,
  };
}

function resolved(path: string): Allowed {
  try {
    const real = Deno.realPathSync(path);
    return { path: real, isFolder: Deno.statSync(real).isDirectory };
  } catch (thrown) {
    throw new RdxError("invalid", `Cannot take user functions from ${path}: ${reasonOf(thrown)}`);
  }
}

function refusalOf(module: string, allowed: readonly Allowed[]): { reason: string; hint: string } | null {
  if (allowed.length === 0) {
    const hint = "Start it with --functions and the file or the folder of the function's module";
    return { reason: "This server runs no user functions", hint };
  }
  const hint = "Start it with --functions and the file or the folder of this module too";
  let path: string;
  try {
    path = Deno.realPathSync(fileURLToPath(module));
  } catch {
    // Whether there is a file where nobody may look is told to nobody.
    return { reason: "This server runs no user functions of this module", hint };
  }
  const fits = allowed.some((one) => one.isFolder ? path.startsWith(withSeparator(one.path)) : path === one.path);
  return fits ? null : { reason: "This server runs no user functions of this module", hint };
}

function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}
