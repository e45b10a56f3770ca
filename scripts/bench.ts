/**
 * Compares with the rivals. `nexmark` runs the Nexmark queries, everything else goes to `deno bench`.
 *
 *   deno run -A scripts/bench.ts [nexmark [--events N] [--suite S] [--queries q0,q1] | files of deno bench]
 */
const root = new URL("../", import.meta.url), flags = "--v8-flags=--initial-old-space-size=128";

async function run(...args: string[]): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: root, stdout: "inherit", stderr: "inherit" })
    .output();
  if (code !== 0) Deno.exit(code);
}

await run("run", "-A", "scripts/build.ts");
const [first, ...rest] = Deno.args;
if (first === "nexmark") await run("run", "-A", "bench/nexmark/run.ts", ...rest);
else await run("bench", "-A", flags, "--lock=test/deno.lock", ...(Deno.args.length > 0 ? Deno.args : ["bench/"]));
