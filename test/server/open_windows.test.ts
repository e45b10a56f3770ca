import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { VIEW_COLUMNS } from "../sim/engine.ts";
import { frameOf, type SimView } from "../sim/view.ts";
import { EventClient, SocketClient } from "./client.ts";
import { HandClock, type Harness, until, withServer } from "./harness.ts";

const HOUR = 3_600_000;
const row = (hour: number, city: string, count: number) =>
  [BigInt(hour * HOUR), BigInt((hour + 1) * HOUR), city, BigInt(count)] as const;

/** Counts how often the engine is asked for open windows; `last` is the view whose windows it was asked for. */
function counted({ engine }: Harness): { asked: number } {
  const counts = { asked: 0 }, open = engine.views.open;
  Object.assign(engine.views, {
    open: (name: string) => {
      counts.asked++;
      return open(name);
    },
  });
  return counts;
}

function opens(view: SimView, ...rows: (readonly [bigint, bigint, string, bigint])[]): void {
  view.open = [frameOf(VIEW_COLUMNS, rows)];
}

async function follow(harness: Harness, query = ""): Promise<EventClient> {
  const events = new EventClient(await harness.ask(`/v1/views/v/live?open=true${query}`));
  assert.equal((await events.next())?.event, "snapshot");
  return events;
}

/** A second passes, and whatever was asked in it is answered. */
async function second(clock: HandClock): Promise<void> {
  clock.advance(1000);
  await new Promise((resolve) => setTimeout(resolve, 1));
}

async function nextRows(events: EventClient): Promise<string[]> {
  const event = await events.next();
  assert.equal(event?.event, "open");
  return event!.data.rows.map(({ city, count }: { city: string; count: number }) => `${city} ${count}`);
}

Deno.test("open windows come behind the snapshot, without an id, and then only when they changed", async () => {
  const clock = new HandClock();
  await withServer({ clock }, async (harness) => {
    const view = harness.engine.addView("v"), counts = counted(harness);
    view.emit([row(0, "Oslo", 1)], HOUR);
    opens(view, row(1, "Oslo", 1), row(1, "Rome", 2));
    const events = await follow(harness);
    assert.deepEqual(await events.next(), {
      event: "open",
      id: null,
      data: {
        event: "open",
        seq: 1,
        watermark: "1970-01-01T01:00:00.000Z",
        complete: true,
        rows: [["Rome", 2], ["Oslo", 1]].map(([city, count]) => ({
          window_start: "1970-01-01T01:00:00.000Z",
          window_end: "1970-01-01T02:00:00.000Z",
          city,
          count,
        })),
      },
    });
    for (let i = 0; i < 3; i++) await second(clock);
    opens(view, row(1, "Oslo", 7));
    await second(clock);
    assert.deepEqual(await nextRows(events), ["Oslo 7"]);
    assert.equal(counts.asked, 5);
    view.open = [];
    await second(clock);
    assert.deepEqual(await nextRows(events), []);
    await events.close();
    await until(() => clock.timers === 0);
  });
});

Deno.test("a view without open windows says so at the start", async () => {
  await withServer({}, async (harness) => {
    harness.engine.addView("v");
    const events = await follow(harness);
    assert.deepEqual(await nextRows(events), []);
    await events.close();
  });
});

Deno.test("the engine is asked once a second for all subscribers of a view, and never without one", async () => {
  const clock = new HandClock();
  await withServer({ clock }, async (harness) => {
    const view = harness.engine.addView("v"), counts = counted(harness);
    opens(view, row(1, "Oslo", 1), row(1, "Rome", 2));
    const plain = new EventClient(await harness.ask("/v1/views/v/live"));
    await second(clock);
    assert.equal(counts.asked, 0);
    const queries = ["", "", "&time=ms", "&key=Rome"], followers = [];
    for (const query of queries) followers.push(await follow(harness, query));
    const socket = await SocketClient.open(harness, "/v1/views/v/live?open=true");
    assert.equal((await socket.next()).event, "snapshot");
    assert.deepEqual((await socket.next()).rows.length, 2);
    for (const events of followers) assert.ok((await nextRows(events)).length > 0);
    assert.equal(counts.asked, 1);
    opens(view, row(1, "Oslo", 3), row(1, "Rome", 4));
    await second(clock);
    assert.deepEqual((await socket.next()).event, "open");
    for (const events of followers) assert.ok((await nextRows(events)).includes("Rome 4"));
    assert.equal(counts.asked, 2);
    await socket.close();
    for (const events of [...followers, plain]) await events.close();
    await until(() => harness.server.context.connections.count === 0);
    for (let i = 0; i < 3; i++) await second(clock);
    assert.equal(counts.asked, 2);
  });
});

for (
  const [query, rows] of [
    ["&key=Rome", ["Rome 4", "Rome 2"]],
    ["&limit=2", ["Rome 4", "Oslo 3"]],
    ["&order=asc&limit=3", ["Oslo 1", "Rome 2", "Oslo 3"]],
    [`&from=${2 * HOUR}`, ["Rome 4", "Oslo 3"]],
    [`&to=${2 * HOUR}`, ["Rome 2", "Oslo 1"]],
  ] as const
) {
  Deno.test(`open windows are chosen by ${query} as the snapshot is`, async () => {
    await withServer({}, async (harness) => {
      const view = harness.engine.addView("v");
      opens(view, row(1, "Oslo", 1), row(1, "Rome", 2), row(2, "Oslo", 3), row(2, "Rome", 4));
      const events = await follow(harness, query), event = await events.next();
      assert.deepEqual(
        event!.data.rows.map((one: { city: string; count: number }) => `${one.city} ${one.count}`),
        rows,
      );
      assert.equal(event!.data.complete, !query.includes("limit"));
      await events.close();
    });
  });
}

Deno.test("open windows that would fill the subscriber's bound are cut, and it is said", async () => {
  await withServer({ bounds: { subscriberBytesMax: 8000 } }, async (harness) => {
    const view = harness.engine.addView("v"), big = "x".repeat(900);
    opens(view, row(1, big, 1), row(1, big, 2), row(1, big, 3));
    const events = await follow(harness), event = await events.next();
    assert.deepEqual([event!.data.rows.length, event!.data.complete], [1, false]);
    await events.close();
  });
});

Deno.test("who takes events slowly gets the last open windows, not all of them, and is not cut off for them", async () => {
  const clock = new HandClock();
  await withServer({ clock, bounds: { subscriberBytesMax: 400_000 } }, async (harness) => {
    const view = harness.engine.addView("v"), big = "x".repeat(50_000), counts = counted(harness);
    opens(view, row(1, big, 0));
    const slow = await harness.ask("/v1/views/v/live?open=true");
    for (let i = 1; i <= 500; i++) {
      opens(view, row(1, big, i));
      await second(clock);
    }
    assert.ok(counts.asked > 500);
    assert.equal(harness.server.context.metrics.cutOff.with("slow subscriber").value, 0);
    const events = new EventClient(slow), seen: number[] = [];
    assert.equal((await events.next())?.event, "snapshot");
    while (seen.at(-1) !== 500) {
      const event = (await events.next())!;
      if (event.event === "open") seen.push(event.data.rows[0].count);
      await second(clock);
    }
    assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
    assert.ok(seen.length < 500);
    await events.close();
  });
});

Deno.test("a view that is replaced tells its own open windows behind its snapshot", async () => {
  const clock = new HandClock();
  await withServer({ clock }, async (harness) => {
    opens(harness.engine.addView("v"), row(1, "Oslo", 1));
    const events = await follow(harness);
    assert.deepEqual(await nextRows(events), ["Oslo 1"]);
    opens(harness.engine.addView("v"), row(1, "Oslo", 1));
    await second(clock);
    assert.equal((await events.next())?.event, "snapshot");
    assert.deepEqual(await nextRows(events), ["Oslo 1"]);
    await events.close();
  });
});

Deno.test("open windows that cannot be read now are read a second later", async () => {
  const clock = new HandClock();
  await withServer({ clock }, async (harness) => {
    const view = harness.engine.addView("v"), open = harness.engine.views.open;
    opens(view, row(1, "Oslo", 1));
    const fail = () => Promise.reject(new RdxError("no_space", "Memory is full"));
    Object.assign(harness.engine.views, { open: fail });
    const events = await follow(harness);
    await second(clock);
    Object.assign(harness.engine.views, { open });
    await second(clock);
    assert.deepEqual(await nextRows(events), ["Oslo 1"]);
    harness.engine.simViews.delete("v");
    await second(clock);
    assert.equal((await events.next())?.data.type, "/problems/not_found");
    assert.equal(await events.next(), null);
    await until(() => clock.timers === 0);
  });
});
