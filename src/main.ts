/** The command line of rdx on Deno: `deno run -A src/main.ts help`. */
import { runCommandLine } from "./cli/command_line.ts";
import { denoTerminal } from "./cli/terminal.ts";

if (import.meta.main) {
  const code = await runCommandLine(Deno.args, denoTerminal(), async (options) => {
    const { createEngine } = await import("./compose.ts");
    return createEngine(options);
  }, async () => {
    const { openSite } = await import("./compose.ts");
    return openSite();
  }, async () => {
    const { openPipe } = await import("./compose.ts");
    return openPipe();
  });
  Deno.exit(code);
}
