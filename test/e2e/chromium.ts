import { type Browser, chromium } from "../deps/playwright.ts";
import { UNTIL_MS_MAX } from "../until.ts";

/** The path of the Chromium that the test run found, or undefined: then tests that need one are skipped. */
export const CHROMIUM = Deno.env.get("RDX_CHROMIUM");

/** A headless Chromium that speaks to nobody but us. */
export function launchChromium(executablePath = CHROMIUM): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    timeout: UNTIL_MS_MAX,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
