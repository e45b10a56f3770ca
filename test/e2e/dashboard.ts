import type { Browser, BrowserContextOptions, Page } from "../deps/playwright.ts";
import { launchChromium } from "./chromium.ts";
import { until, UNTIL_MS_MAX } from "../until.ts";

/** The page in a Chromium of its own, with all that its scripts did wrong. */
export interface Dashboard {
  readonly page: Page;
  readonly browser: Browser;
  /** Errors of scripts and of the content's policy. That a server answers with an error, or not at all, is none. */
  readonly errors: readonly string[];
  /** Resolves when the page shows this text. */
  shows(text: string | RegExp): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * What Chromium writes into the console of every page when an answer is no success, or none comes: to a request, and to a WebSocket's handshake. What goes wrong
 * in an open WebSocket is the server's or the page's fault, and no such answer.
 */
const NETWORK =
  /^(Failed to load resource:|WebSocket connection to '[^']*' failed: (Error during WebSocket handshake: (Unexpected response code: \d+|net::ERR_CONNECTION_)|Error in connection establishment: |Connection closed before receiving a handshake response))/;

/** Opens the page at an address. `prepare` runs before the first script. */
export async function openDashboard(
  address: string,
  options: BrowserContextOptions = {},
  prepare?: (page: Page) => Promise<void>,
): Promise<Dashboard> {
  const browser = await launchChromium(), context = await browser.newContext(options), page = await context.newPage();
  const errors: string[] = [];
  page.setDefaultTimeout(UNTIL_MS_MAX);
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !NETWORK.test(message.text())) errors.push(message.text());
  });
  await prepare?.(page);
  await page.goto(address);
  return {
    page,
    browser,
    errors,
    async shows(text) {
      await page.getByText(text).first().waitFor();
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
    },
  };
}

/** Declares a stream of orders, as most of these tests need one. */
export const ORDERS = {
  columns: [{ name: "ts", type: "timestamp" }, { name: "city", type: "string" }, { name: "price", type: "double" }],
  time: "ts",
};

/** Resolves when the focus is on an element that this selector names. */
export async function focused(page: Page, selector: string): Promise<void> {
  await until(() => page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector));
}
