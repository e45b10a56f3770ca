/** Modules that join a kernel (Kernel.extend) when a plan needs them: the functions of the language, and keyed operators. */
export const EXTENSIONS = ["functions", "operators"] as const;
export type Extension = typeof EXTENSIONS[number];

/** Compiled extensions, by their names. */
export type Extensions = Partial<Readonly<Record<Extension, WebAssembly.Module>>>;

/** Gets and compiles an extension. */
export type LoadExtension = (name: Extension) => Promise<WebAssembly.Module>;

/** What the names of kernels begin with that are in the module of functions. */
const FUNCTION_PREFIX = "fn_";
/** Operators whose kernels are in a module of their own. */
const KEYED: ReadonlySet<string> = new Set([
  "group",
  "session",
  "join",
  "lookup",
  "rank",
  "over",
  "normalize",
  "unnest",
]);

/** The extensions that a physical plan, plain data, needs. */
export function extensionsOf(plan: { readonly operators: readonly { readonly op: string }[] }): Extension[] {
  return EXTENSIONS.filter((name) =>
    name === "functions" ? callsFunctions(plan) : plan.operators.some(({ op }) => KEYED.has(op))
  );
}

/** Whether a program somewhere in `part` calls functions of the language that are not in the kernels themselves. */
function callsFunctions(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false;
  const { kernel } = part as { kernel?: unknown };
  if (typeof kernel === "string" && kernel.startsWith(FUNCTION_PREFIX)) return true;
  return Object.values(part).some(callsFunctions);
}
