/** One import of one file of the project; both relative to its root. */
export interface Import {
  readonly from: string;
  /** A file of the project, or a package such as `npm:hono`. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const root = new URL("../../", import.meta.url);

/** All .ts files below `folders`, relative to the root, sorted. */
export function sourceFiles(...folders: string[]): string[] {
  const found: string[] = [];
  const walk = (folder: string) => {
    for (const entry of Deno.readDirSync(new URL(folder, root))) {
      if (entry.isDirectory) walk(`${folder}${entry.name}/`);
      else if (entry.name.endsWith(".ts")) found.push(folder + entry.name);
    }
  };
  for (const folder of folders) walk(folder);
  return found.sort();
}

export function readSource(path: string): string {
  return Deno.readTextFileSync(new URL(path, root));
}

interface InfoModule {
  specifier: string;
  dependencies?: { specifier: string; code?: { specifier?: string }; type?: { specifier?: string } }[];
}

/** Every import between the modules that `entries` reach, as `deno info` resolves them. */
export async function importGraph(entries: readonly string[]): Promise<Import[]> {
  const imports = new Map<string, Import>();
  const list = entries.map((entry) => `import ${JSON.stringify(new URL(entry, root).href)};`).join("\n");
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, list);
    const config = new URL("deno.json", root).pathname;
    const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--config", config, file],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: InfoModule[] };
    for (const { specifier, dependencies = [] } of modules) {
      if (!specifier.startsWith(root.href)) continue;
      const from = specifier.slice(root.href.length);
      for (const dependency of dependencies) {
        const target = dependency.code?.specifier ?? dependency.type?.specifier;
        if (!target) continue;
        const to = target.startsWith(root.href) ? target.slice(root.href.length) : target;
        imports.set(`${from} ${to}`, { from, to, typeOnly: dependency.code === undefined });
      }
    }
  } finally {
    await Deno.remove(file);
  }
  return [...imports.values()];
}
