/** The command line over a simulated engine: what tests start as a process. `SIM_DRAIN=never` makes the drain wait for ever. */
import { runCommandLine } from "../../src/cli/command_line.ts";
import { denoTerminal } from "../../src/cli/terminal.ts";
import { SimEngine } from "./engine.ts";

const code = await runCommandLine(Deno.args, denoTerminal(), () => {
  const engine = new SimEngine();
  if (Deno.env.get("SIM_DRAIN") === "never") engine.drainGate = new Promise(() => {});
  return Promise.resolve(engine);
});
Deno.exit(code);
