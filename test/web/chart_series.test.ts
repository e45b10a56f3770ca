import assert from "node:assert/strict";
import { CHROMIUM } from "../e2e/chromium.ts";
import { until } from "../e2e/server.ts";
import { snapshotText, startDouble } from "./double.ts";
import { openSite, shownText, type Site } from "./site.ts";

const COLUMNS = [
  { name: "window_start", type: "timestamp" },
  { name: "city", type: "string" },
  { name: "n", type: "int64" },
];

/** Rows of one window, newest first as a snapshot has them. */
const rows = (second: number, cities: Record<string, number>) =>
  Object.entries(cities).map(([city, n]) => ({ window_start: second * 1000, city, n }));

const chartOf = (url: string, rest = "") => `<rdx-chart server="${url}" src="/v1/views/v" ${rest}></rdx-chart>`;
const setAttribute = (site: Site, name: string, value: string) =>
  site.page.evaluate(([name, value]) => document.querySelector("rdx-chart")!.setAttribute(name, value), [name, value]);

/** The plot's label: how many series there are. */
const label = (site: Site) =>
  site.page.evaluate(() =>
    document.querySelector("rdx-chart")!.shadowRoot!.querySelector(".plot")!.getAttribute("aria-label") ?? ""
  );

/** The legend's buttons that can be seen: name and whether they are pressed. */
const buttons = (site: Site) =>
  site.page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelector("rdx-chart")!.shadowRoot!.querySelectorAll(".legend li:not([hidden]) button")].map(
        (button) => [button.querySelector(".label")!.textContent, button.getAttribute("aria-pressed") === "true"],
      ),
    )
  );

/** Whether a pixel of the plot has the colour of the n-th series; null where there is no plot. */
const draws = (site: Site, n: number) =>
  site.page.evaluate((n) => {
    const root = document.querySelector("rdx-chart")!.shadowRoot!, canvas = root.querySelector("canvas");
    if (!canvas) return null;
    const swatch = root.querySelectorAll(".legend li .swatch")[n], { width, height } = canvas;
    const one = document.createElement("canvas").getContext("2d")!;
    one.fillStyle = getComputedStyle(swatch).color;
    one.fillRect(0, 0, 1, 1);
    const [red, green, blue] = one.getImageData(0, 0, 1, 1).data;
    const pixels = canvas.getContext("2d")!.getImageData(0, 0, width, height).data;
    for (let i = 0; i < pixels.length; i += 4) {
      const far = Math.abs(pixels[i] - red) + Math.abs(pixels[i + 1] - green) + Math.abs(pixels[i + 2] - blue);
      if (pixels[i + 3] > 200 && far < 12) return true;
    }
    return false;
  }, n);

Deno.test({
  name: "a chart keeps what it has collected of one epoch of a view, and mixes no two",
  ignore: !CHROMIUM,
  async fn() {
    let epoch = "first", cities: Record<string, number> = { Oslo: 5 }, seq = 3;
    await using double = startDouble(() => snapshotText(COLUMNS, ["city"], rows(seq, cities), seq, epoch));
    await using site = await openSite({ servers: [double.url], failing: true });
    await site.show(chartOf(double.url));
    await until(async () => /1 of 1 series/.test(await label(site)), 20);
    const begin = async (next: { epoch: string; cities: Record<string, number>; seq: number }) => {
      ({ epoch, cities, seq } = next);
      double.cut("v");
      await until(() => double.followers("v") === 1, 50);
    };
    await begin({ epoch: "first", cities: { Bern: 7 }, seq: 9 });
    await until(async () => /2 of 2 series/.test(await label(site)), 20);
    // The new run has gone further than the old one had: its seq tells nothing.
    await begin({ epoch: "second", cities: { Rome: 2 }, seq: 20 });
    await until(async () => /1 of 1 series/.test(await label(site)), 20);
    assert.deepEqual(await buttons(site), { Rome: true });
    assert.deepEqual(site.faults, []);
  },
});

Deno.test({
  name: "a hidden series stays hidden when the plot is made anew and wherever it stands, and others are drawn",
  ignore: !CHROMIUM,
  async fn() {
    let epoch = "first", cities: Record<string, number> = { Oslo: 5, Bern: 7 };
    const two = (cities: Record<string, number>) => [...rows(9, cities), ...rows(8, cities)];
    await using double = startDouble(() => snapshotText(COLUMNS, ["city"], two(cities), 3, epoch));
    await using site = await openSite({ servers: [double.url], failing: true });
    await site.show(chartOf(double.url));
    await until(async () => /2 of 2 series/.test(await label(site)), 20);
    // Rows of a snapshot go in oldest first, that is from its end: Bern has the first place.
    await until(() => draws(site, 0), 20);
    await until(() => draws(site, 1), 20);
    await site.page.locator("rdx-chart").getByRole("button", { name: /^Bern/ }).click();
    await until(async () => await draws(site, 0) === false, 20);
    assert.deepEqual(await buttons(site), { Bern: false, Oslo: true });
    // The same attributes in another way make the plot anew.
    await setAttribute(site, "history", "200");
    await until(async () => await draws(site, 1), 20);
    assert.deepEqual(await buttons(site), { Bern: false, Oslo: true });
    assert.equal(await draws(site, 0), false);
    // Another run has the two in other places.
    [epoch, cities] = ["second", { Bern: 7, Oslo: 5 }];
    double.cut("v");
    await until(async () => await draws(site, 0), 50);
    assert.deepEqual(await buttons(site), { Oslo: true, Bern: false });
    assert.equal(await draws(site, 1), false);
    await site.page.locator("rdx-chart").getByRole("button", { name: /^Bern/ }).click();
    await until(async () => await draws(site, 1), 20);
    // The test itself reads pixels again and again.
    assert.deepEqual(site.faults.filter((one) => !one.includes("willReadFrequently")), []);
  },
});

Deno.test({
  name: "a chart that cannot draw what is asked for says nothing of what it drew before",
  ignore: !CHROMIUM,
  async fn() {
    await using double = startDouble(() => snapshotText(COLUMNS, ["city"], rows(9, { Oslo: 471 })));
    await using site = await openSite({ servers: [double.url] });
    await site.show(chartOf(double.url));
    const text = () => shownText(site.page, "rdx-chart");
    for (
      const [name, value, sentence] of [["y", "nope", /no column nope/], ["kind", "band", /A band needs two/]] as const
    ) {
      await until(async () => /Oslo[^]*471/.test(await text()), 20);
      await setAttribute(site, name, value);
      await until(async () => sentence.test(await text()), 20);
      assert.doesNotMatch(await text(), /Oslo|471|1 of 1/);
      assert.equal(await label(site), "");
      assert.deepEqual(await buttons(site), {});
      await site.page.evaluate((name) => document.querySelector("rdx-chart")!.removeAttribute(name), name);
    }
    await until(async () => /Oslo[^]*471/.test(await text()), 20);
    assert.deepEqual(site.faults, []);
  },
});
