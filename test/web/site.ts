import type { Browser, Page } from "../deps/playwright.ts";
import { bundle } from "../../scripts/bundle.ts";
import { launchChromium } from "../e2e/chromium.ts";
import { UNTIL_MS_MAX } from "../until.ts";

/** What the elements must live with: no inline script or style, nothing from anywhere but the page and its servers. */
export const policy = (connect: readonly string[]) =>
  `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${
    connect.join(" ")
  }; img-src 'self' data:; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

let bundled: Promise<string> | null = null;

/** The text of the elements' bundle, made once a run. */
export function bundleText(): Promise<string> {
  return bundled ??= (async () => {
    const out = await Deno.makeTempFile({ suffix: ".js" });
    try {
      await bundle("web/components.ts", out);
      return await Deno.readTextFile(out);
    } finally {
      await Deno.remove(out);
    }
  })();
}

/** A page of an origin of its own that embeds elements, and what went wrong in it. */
export interface Site {
  readonly page: Page;
  readonly origin: string;
  /** Errors, warnings, dialogs, breaches of the policy, and requests to anywhere else. */
  readonly faults: string[];
  /** Puts elements into the page in the place of those that are there. */
  show(html: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SiteOptions {
  /** Servers that the page may reach. */
  readonly servers: readonly string[];
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly browser?: Browser;
  /** Failed requests are no fault: servers are ended in the test. */
  readonly failing?: boolean;
}

/** Opens a page in Chromium. The page's own style is a file, as its policy wants. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const { servers, width = 1440, height = 900, dark = false, failing = false } = options;
  const text = await bundleText(), faults: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const files: Record<string, [string, string]> = {
      "/": ["text/html; charset=utf-8", PAGE],
      "/page.css": ["text/css", STYLE],
      "/rdx-components.js": ["text/javascript", text],
      "/favicon.ico": ["image/x-icon", ""],
    };
    const [type, body] = files[new URL(request.url).pathname] ?? ["text/plain", ""];
    return new Response(body, { headers: { "content-type": type, "content-security-policy": policy(servers) } });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`, browser = options.browser ?? await launchChromium();
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
  const page = await context.newPage();
  page.setDefaultTimeout(UNTIL_MS_MAX);
  page.on("console", (message) => {
    const missed = failing && /Failed to load resource|net::ERR|CORS policy/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !missed) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`thrown: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (![origin, ...servers].includes(new URL(request.url()).origin)) faults.push(`request: ${request.url()}`);
  });
  await page.exposeFunction("breach", (what: string) => faults.push(`policy: ${what}`));
  await page.addInitScript(() => {
    const { breach } = globalThis as unknown as { breach(what: string): void };
    addEventListener("securitypolicyviolation", (event) => {
      const { violatedDirective, blockedURI } = event as Event & { violatedDirective: string; blockedURI: string };
      breach(`${violatedDirective} ${blockedURI}`);
    });
  });
  await page.goto(origin);
  return {
    page,
    origin,
    faults,
    show: (html) => page.evaluate((markup) => void (document.querySelector("main")!.innerHTML = markup), html),
    async [Symbol.asyncDispose]() {
      await context.close();
      if (!options.browser) await browser.close();
      await server.shutdown();
    },
  };
}

const PAGE =
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Embeds rdx</title><link rel="stylesheet" href="/page.css"><script type="module" src="/rdx-components.js"></script></head><body><main></main></body></html>`;
const STYLE = `:root { color-scheme: light dark; } body { margin: 0; background: light-dark(#f4f6f8, #0a0d12); }
main { display: grid; gap: 14px; padding: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
.wide { grid-column: 1 / -1; } .tall { height: 520px; } .high { height: 16000px; } .vast { width: 120000px; }`;

/** The text that an element shows, its shadow root's with the texts of what is hidden. */
export function shownText(page: Page, selector: string): Promise<string> {
  return page.evaluate((one) => document.querySelector(one)?.shadowRoot?.textContent ?? "", selector);
}
