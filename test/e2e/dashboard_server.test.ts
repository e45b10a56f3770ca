import assert from "node:assert/strict";
import type { Page } from "../deps/playwright.ts";
import { CHROMIUM } from "./chromium.ts";
import { openDashboard, ORDERS } from "./dashboard.ts";
import { startServer, stayingPort, until } from "./server.ts";

Deno.test({
  name:
    "a server that is killed and started again on its port: the page says so, and goes on by itself without losing a plan",
  ignore: !CHROMIUM,
  async fn() {
    const port = stayingPort();
    let server = await startServer({ port });
    try {
      await server.put("/v1/streams/orders", ORDERS);
      await using dashboard = await openDashboard(`${server.url}/#/new?as=json`);
      const { page, errors, shows } = dashboard, text = page.getByLabel("The plan as JSON");
      await until(async () => /orders/.test(await text.inputValue()));
      await text.fill("{ half a plan");
      await server.signal("SIGKILL");
      await shows(/Cannot reach the server; trying again/);
      server = await startServer({ port });
      await page.getByRole("status").getByText("The server is back.").waitFor({ state: "attached" });
      await page.locator(".bar").getByText(/Cannot reach the server/).waitFor({ state: "hidden" });
      assert.equal(await text.inputValue(), "{ half a plan");
      await page.getByRole("link", { name: "Overview" }).first().click();
      await shows("Nothing runs here yet");
      assert.deepEqual(errors, []);
    } finally {
      await server.signal("SIGKILL");
    }
  },
});

Deno.test({
  name: "what vanishes is said on its page, which shows it by itself once it is there again",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/streams/orders`);
    const { page, errors, shows } = dashboard;
    await shows("No pipeline reads it.");
    await server.fetch("/v1/streams/orders", { method: "DELETE" });
    await shows(/There is no stream orders.*it shows up here by itself/);
    await server.put("/v1/streams/orders", ORDERS);
    await page.getByRole("status").getByText("Up to date again.").waitFor({ state: "attached" });
    await page.locator(".bar").getByText("There is no stream orders").waitFor({ state: "hidden" });
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a server that stands still is told to be slow, and the page goes on when it does",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await using dashboard = await openDashboard(server.url);
    const { page, errors, shows } = dashboard;
    await shows("Nothing runs here yet");
    Deno.kill(server.pid, "SIGSTOP");
    try {
      await shows("The server answers slowly; what is shown may be old.");
    } finally {
      Deno.kill(server.pid, "SIGCONT");
    }
    await page.getByRole("status").getByText("The server answers again.").waitFor({ state: "attached" });
    await page.locator(".bar").getByText("The server answers slowly").waitFor({ state: "hidden" });
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "what is said when a server comes back is not replaced at once by what its page says",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/streams/orders`);
    const { page, errors, shows } = dashboard, said = page.locator("p.unseen[role=status]");
    await shows("No pipeline reads it.");
    // First only the page gets no answers, then nothing does.
    await page.route("**/v1/**", (route) => route.abort());
    await shows(/The page tries again by itself/);
    await page.route("**/readyz", (route) => route.abort());
    await page.locator(".bar").getByText(/Cannot reach the server; trying again/).waitFor();
    await page.unrouteAll({ behavior: "wait" });
    await said.filter({ hasText: "The server is back." }).waitFor({ state: "attached" });
    await said.filter({ hasText: "Up to date again." }).waitFor({ state: "attached" });
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a server that drains says why, and that it takes nothing new; what it has is shown on",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    let reason: string | null = "The server is shutting down";
    await using dashboard = await openDashboard(`${server.url}/#/streams/orders`, {}, async (page) => {
      // A real one is gone before anybody could look.
      await page.route(
        `${server.url}/readyz`,
        (route) => reason === null ? route.continue() : route.fulfill({ status: 503, json: { ready: false, reason } }),
      );
    });
    const { page, errors, shows } = dashboard, pill = page.locator("header .pill");
    await shows("The server is shutting down. It takes nothing new.");
    await page.getByRole("status").getByText("The server is shutting down").waitFor({ state: "attached" });
    await shows("No pipeline reads it.");
    assert.equal(await pill.textContent(), "draining");
    reason = "";
    await shows("The server finishes what it has accepted. It takes nothing new.");
    reason = null;
    await page.locator(".bar").getByText("It takes nothing new.").waitFor({ state: "hidden" });
    assert.equal(await pill.textContent(), "ready");
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a page of another build says so and offers to reload",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    let stale = true;
    await using dashboard = await openDashboard(`${server.url}/`, {}, async (page) => {
      // As a tab that was opened before the server became another
      await page.route(`${server.url}/`, async (route) => {
        const answer = await route.fetch(), body = await answer.text();
        await route.fulfill({
          response: answer,
          body: stale ? body.replace(/(<meta name="rdx-build" content=")[^"]*/, "$1another") : body,
        });
      });
    });
    const { page, errors, shows } = dashboard;
    await shows("The server is of another build than this page.");
    stale = false;
    await page.getByRole("button", { name: "Reload" }).click();
    await shows("Nothing runs here yet");
    await page.getByText("The server is of another build").waitFor({ state: "hidden" });
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "clocks that differ are told, and lags go by the server's",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await using dashboard = await openDashboard(`${server.url}/`, {}, async (page) => {
      await page.addInitScript(() => {
        const real = Date.now.bind(Date);
        Date.now = () => real() - 3_600_000;
      });
    });
    await dashboard.shows("This machine's clock is 1 h behind the server's: lag is shown by the server's.");
    assert.deepEqual(dashboard.errors, []);
  },
});

Deno.test({
  name: "a token is asked for, refused, taken, and asked for again when it has expired",
  ignore: !CHROMIUM,
  async fn() {
    const port = stayingPort();
    let server = await startServer({ port, env: { RDX_TOKEN: "first-secret" } });
    try {
      await using dashboard = await openDashboard(`${server.url}/`);
      const { page, errors, shows } = dashboard, token = page.getByLabel("Token");
      const give = async (text: string) => {
        await token.fill(text);
        await page.getByRole("button", { name: "Use it" }).click();
      };
      await shows("The server asks for its token.");
      await give("wrong");
      await shows("The server refuses this token.");
      await give("first-secret");
      await shows("Nothing runs here yet");
      await shows(/authorization: Bearer \$RDX_TOKEN/);
      await server.signal("SIGKILL");
      server = await startServer({ port, env: { RDX_TOKEN: "second-secret" } });
      await shows("The token has expired");
      await give("second-secret");
      await token.waitFor({ state: "hidden" });
      assert.deepEqual(errors, []);
    } finally {
      await server.signal("SIGKILL");
    }
  },
});

Deno.test({
  name: "a token in the address is taken over and leaves it",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer({ env: { RDX_TOKEN: "secret&?+/=" } });
    for (const given of ["/?access_token=secret%26%3F%2B%2F%3D#/new", "/#token=secret%26%3F%2B%2F%3D"]) {
      await using dashboard = await openDashboard(server.url + given);
      const { page, errors } = dashboard;
      await page.getByText(/Begin with|Nothing runs here yet/).first().waitFor();
      await until(() => page.evaluate(() => sessionStorage.getItem("rdx.token") === "secret&?+/="));
      assert.doesNotMatch(page.url(), /secret|token/);
      await page.reload();
      await page.getByText(/Begin with|Nothing runs here yet/).first().waitFor();
      assert.equal(await page.getByLabel("Token").isVisible(), false);
      assert.deepEqual(errors, []);
    }
  },
});

Deno.test({
  name: "a token that no request can carry is refused in its form, never kept, and dropped where one was kept",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer({ env: { RDX_TOKEN: "secret" } });
    const kept = (page: Page) => page.evaluate(() => sessionStorage.getItem("rdx.token"));
    for (const given of ["/#token=%", "/?access_token=%E2%82%AC", "/#token=a%0Ab"]) {
      await using dashboard = await openDashboard(server.url + given);
      const { page, errors, shows } = dashboard;
      await shows("The token in the address cannot be used. The server asks for its token.");
      assert.doesNotMatch(page.url(), /token/);
      assert.equal(await kept(page), null);
      await page.getByLabel("Token").fill("secr€t");
      await page.getByRole("button", { name: "Use it" }).click();
      await shows("This is no token of a server");
      assert.equal(await kept(page), null);
      await page.evaluate(() => sessionStorage.setItem("rdx.token", "secr€t"));
      await page.reload();
      await shows("The server asks for its token.");
      assert.equal(await kept(page), null);
      await page.getByLabel("Token").fill("secret");
      await page.getByRole("button", { name: "Use it" }).click();
      await shows("Nothing runs here yet");
      assert.deepEqual(errors, []);
    }
  },
});

Deno.test({
  name: "the API and the metrics of a server with a token are shown in the page",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer({ env: { RDX_TOKEN: "secret" } });
    await using dashboard = await openDashboard(`${server.url}/#token=secret`);
    const { page, errors } = dashboard;
    await page.getByRole("link", { name: "API" }).click();
    await page.getByLabel("API", { exact: true }).getByText('"openapi":').waitFor();
    await page.getByRole("link", { name: "Metrics" }).click();
    await page.getByLabel("Metrics", { exact: true }).getByText("# TYPE").waitFor();
    assert.deepEqual(errors, []);
  },
});
