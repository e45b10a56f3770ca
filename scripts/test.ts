/**
 * Runs all tests and ends with the line `N passed, N failed[, N skipped]`. Gets what they need first: the kernels, the page, and a
 * Chromium (the system's, else by apt-get as root on Debian). What cannot be had is named and counted as skipped.
 *
 *   deno run -A scripts/test.ts [--no-skip] [arguments of deno test]
 */
import { findChromium } from "./chromium.ts";

const root = new URL("../", import.meta.url);

async function run(command: string, args: string[], env: Record<string, string> = {}): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, { args, env, cwd: root, stdout: "inherit", stderr: "inherit" })
      .output();
    return success;
  } catch {
    return false;
  }
}

async function getChromium(): Promise<string | null> {
  const found = await findChromium();
  if (found || Deno.uid() !== 0) return found;
  console.log("installing Chromium with apt-get …");
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], quiet);
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], quiet);
  return findChromium();
}

/** Counts of `deno test`'s closing lines, which it prints once for each run. */
function count(output: string): { passed: number; failed: number; ignored: number } {
  // deno-lint-ignore no-control-regex
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const all = [
    ...plain.matchAll(
      /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored)?/gm,
    ),
  ];
  const sum = (group: number) => all.reduce((total, match) => total + Number(match[group] ?? 0), 0);
  return { passed: sum(1), failed: sum(2), ignored: sum(3) };
}

const noSkip = Deno.args.includes("--no-skip");
const args = Deno.args.filter((arg) => arg !== "--no-skip");
for (const script of ["scripts/build.ts", "scripts/build_web.ts"]) {
  if (!await run(Deno.execPath(), ["run", "-A", script])) Deno.exit(1);
}
const chromium = await getChromium();
if (!chromium) console.log("skipped: no Chromium was found and none can be installed here; set RDX_CHROMIUM to one");

const child = new Deno.Command(Deno.execPath(), {
  // Their packages have a lock file of their own: a task installs all that stands in the project's.
  args: ["test", "-A", "--quiet", "--parallel", "--lock=test/deno.lock", ...(args.length > 0 ? args : ["test/"])],
  env: { ...(chromium ? { RDX_CHROMIUM: chromium } : {}) },
  cwd: root,
  stdout: "piped",
  stderr: "inherit",
}).spawn();
let output = "";
const decoder = new TextDecoder();
for await (const part of child.stdout) {
  output += decoder.decode(part, { stream: true });
  await Deno.stdout.write(part);
}
const { success } = await child.status;
const { passed, failed, ignored } = count(output);
// A run that broke off without a closing line has failed, whatever it counted.
const failures = success ? failed : Math.max(failed, 1);
console.log(`${passed} passed, ${failures} failed${ignored > 0 ? `, ${ignored} skipped` : ""}`);
Deno.exit(failures > 0 || passed === 0 || (noSkip && ignored > 0) ? 1 : 0);
