import { RdxError } from "../core/errors.ts";
import { FUNCTION_LOAD_MS_MAX } from "../core/limits.ts";
import { functionName, type FunctionReference } from "../core/user_function.ts";
import { referencesIn } from "../kernel/user_functions.ts";
import type { Catalog } from "../plan/catalog.ts";
import { compilePlan } from "../plan/compile.ts";
import type { Compiled, PipelinesParts } from "./pipeline_maker.ts";
import { within } from "./within.ts";

/** Loads user functions that a plan calls. Throws RdxError("invalid_plan") for those that plans may not call, and that cannot be loaded. */
export async function loadFunctions(
  references: readonly FunctionReference[],
  { functions: rules, pool, clock }: Pick<PipelinesParts, "functions" | "pool" | "clock">,
): Promise<void> {
  if (references.length === 0) return;
  for (const { module } of references) {
    const refused = rules?.refusal(module);
    if (refused) throw new RdxError("invalid_plan", refused.reason, [refused]);
  }
  const loaded = pool.loadFunctions(references);
  if (await within(clock, FUNCTION_LOAD_MS_MAX, loaded)) return;
  const names = references.map(functionName).join(", "), seconds = FUNCTION_LOAD_MS_MAX / 1000;
  throw new RdxError(
    "invalid_plan",
    `Cannot load user functions in ${seconds} s: ${names}; does one of them never end?`,
  );
}

/**
 * Compiles a plan and loads its user functions: what cannot be loaded is refused before anything has changed. Streams may have changed
 * meanwhile, so that the plan is compiled once more.
 */
export async function compileAndLoad(
  json: unknown,
  catalog: () => Catalog,
  parts: Parameters<typeof loadFunctions>[1],
): Promise<Compiled> {
  const compiled = compilePlan(json, catalog()), references = referencesIn(compiled.physical);
  if (references.length === 0) return compiled;
  await loadFunctions(references, parts);
  return compilePlan(json, catalog());
}
