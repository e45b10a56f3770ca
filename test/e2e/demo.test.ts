import assert from "node:assert/strict";

const demo = new URL("../../examples/flights/demo.ts", import.meta.url).pathname;
/** It takes a dozen seconds, and minutes beside many other tests; what has not ended by then hangs. */
const GIVE_UP_MS = 600_000;

/** Runs the demo with a server of its own; resolves with what it printed and its exit code. */
async function play(...args: string[]): Promise<{ text: string; code: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", demo, "--exit", ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const late = Promise.withResolvers<never>();
  const giveUp = setTimeout(() => {
    // Its server outlives it, and keeps its stderr open: there would be no end of the output.
    child.kill("SIGKILL");
    late.reject(new Error(`The demo did not end in ${GIVE_UP_MS} ms`));
  }, GIVE_UP_MS);
  const { stdout, code } = await Promise.race([child.output(), late.promise]);
  clearTimeout(giveUp);
  return { text: new TextDecoder().decode(stdout), code };
}

Deno.test("the demo plays 3 million flights, prints their windows and ends by itself", async () => {
  const { text, code } = await play("--volume", "--speed", "max");
  assert.equal(code, 0);
  assert.match(text, /^2001-06-30 23:00 +\d+ flights {2}worst [A-Z]{3}: average \d+ min, maximum \d+ min$/m);
  assert.match(text, /^3000000 flights in [\d.]+ s, \d{4} windows closed$/m);
});
