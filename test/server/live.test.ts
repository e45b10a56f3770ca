import assert from "node:assert/strict";
import { EventClient, SocketClient } from "./client.ts";
import { HandClock, type Harness, problemOf, until, withServer } from "./harness.ts";

const HOUR = 3_600_000;
const row = (hour: number, city: string, count: number) =>
  [BigInt(hour * HOUR), BigInt((hour + 1) * HOUR), city, BigInt(count)] as const;

async function follow({ ask }: Harness, query = "", headers: Record<string, string> = {}): Promise<EventClient> {
  const answer = await ask(`/v1/views/v/live${query}`, { headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  return new EventClient(answer);
}

/** The seq in an event's id, `<seq>.<view>`. */
function seqOf(event: { id: string | null } | null | undefined): number {
  return Number(/^(\d+)\.[a-z0-9]+$/.exec(event?.id ?? "")?.[1]);
}

Deno.test("a subscriber gets a snapshot, then each delta under its seq", async () => {
  await withServer({}, async (harness) => {
    const view = harness.engine.addView("v");
    view.emit([row(0, "Oslo", 1), row(0, "Rome", 2)], HOUR);
    const events = await follow(harness);
    const snapshot = await events.next();
    assert.deepEqual([snapshot?.event, seqOf(snapshot)], ["snapshot", 1]);
    assert.equal(snapshot?.data.watermark, "1970-01-01T01:00:00.000Z");
    assert.equal(snapshot?.data.complete, true);
    assert.deepEqual(snapshot?.data.keys, ["city"]);
    assert.deepEqual(snapshot?.data.rows.map((one: { city: string }) => one.city), ["Rome", "Oslo"]);
    view.emit([row(1, "Oslo", 5)], 2 * HOUR, "+U");
    const delta = await events.next();
    assert.deepEqual([delta?.event, seqOf(delta)], ["delta", 2]);
    assert.deepEqual(delta?.data, {
      event: "delta",
      seq: 2,
      watermark: "1970-01-01T02:00:00.000Z",
      rows: [{
        op: "+U",
        row: {
          window_start: "1970-01-01T01:00:00.000Z",
          window_end: "1970-01-01T02:00:00.000Z",
          city: "Oslo",
          count: 5,
        },
      }],
    });
    await events.close();
    await until(() => view.subscribers === 0 && harness.server.context.connections.count === 0);
  });
});

Deno.test("who comes back with Last-Event-ID gets exactly the deltas that are missing", async () => {
  await withServer({}, async (harness) => {
    const view = harness.engine.addView("v");
    for (let hour = 0; hour < 4; hour++) view.emit([row(hour, "Oslo", hour)], hour * HOUR);
    for (const events of [await follow(harness, "", { "last-event-id": "2" }), await follow(harness, "?since=2")]) {
      assert.deepEqual([seqOf(await events.next()), seqOf(await events.next())], [3, 4]);
      view.emit([], 9 * HOUR);
      assert.equal((await events.next())?.event, "delta");
      await events.close();
    }
  });
});

Deno.test("who has everything gets nothing again", async () => {
  await withServer({}, async (harness) => {
    const view = harness.engine.addView("v");
    view.emit([row(0, "Oslo", 1)], HOUR);
    const events = await follow(harness, "", { "last-event-id": "1" });
    view.emit([row(1, "Oslo", 2)], HOUR);
    assert.equal(seqOf(await events.next()), 2);
    await events.close();
  });
});

Deno.test("who was away for too long, or comes from another life of the view, begins with a snapshot", async () => {
  await withServer({}, async (harness) => {
    const view = harness.engine.addView("v", 2);
    for (let hour = 0; hour < 9; hour++) view.emit([row(hour, "Oslo", hour)], hour * HOUR);
    for (const id of ["3", "1000", "nonsense"]) {
      const events = await follow(harness, "", { "last-event-id": id });
      const first = await events.next();
      assert.deepEqual([first?.event, seqOf(first), first?.data.rows.length], ["snapshot", 9, 9]);
      await events.close();
    }
  });
});

Deno.test("an id of the view that had the name before leads to a snapshot, though its seq is known", async () => {
  await withServer({}, async (harness) => {
    harness.engine.addView("v").emit([row(0, "Oslo", 1)], HOUR);
    const before = await follow(harness), { id } = (await before.next())!;
    await before.close();
    const view = harness.engine.addView("v");
    for (let hour = 0; hour < 3; hour++) view.emit([row(hour, "Rome", hour)], HOUR);
    for (const events of [await follow(harness, "", { "last-event-id": id! }), await follow(harness, `?since=${id}`)]) {
      const first = await events.next();
      assert.deepEqual([first?.event, first?.data.rows.length], ["snapshot", 3]);
      await events.close();
    }
  });
});

Deno.test("who follows a view before it has taken in what an earlier process had begins again with a snapshot then", async () => {
  await withServer({}, async (harness) => {
    const view = harness.engine.addView("v"), events = await follow(harness);
    assert.deepEqual((await events.next())?.data.rows, []);
    view.restore([row(0, "Oslo", 1), row(0, "Rome", 2)], HOUR, 7);
    const again = await events.next();
    assert.deepEqual([again?.event, seqOf(again), again?.data.rows.length], ["snapshot", 7, 2]);
    view.emit([row(1, "Oslo", 5)], 2 * HOUR);
    const delta = await events.next();
    assert.deepEqual([delta?.event, seqOf(delta)], ["delta", 8]);
    await events.close();
    await until(() => view.subscribers === 0);
  });
});

Deno.test("deltas hold the rows that the question is about, and the seq goes on without any", async () => {
  await withServer({}, async (harness) => {
    const view = harness.engine.addView("v");
    view.emit([row(0, "Oslo", 1), row(0, "Rome", 2)], HOUR);
    const from = encodeURIComponent("1970-01-01T02:00:00Z");
    const events = await follow(harness, `?key=Oslo&from=${from}&since=0`);
    view.emit([row(2, "Rome", 3), row(2, "Oslo", 4), row(1, "Oslo", 5)], 3 * HOUR);
    const seen: [number, number[]][] = [];
    for (let i = 0; i < 2; i++) {
      const { data } = (await events.next())!;
      seen.push([data.seq, data.rows.map((one: { row: { count: number } }) => one.row.count)]);
    }
    assert.deepEqual(seen, [[1, []], [2, [4]]]);
    await events.close();
  });
});

Deno.test("a snapshot holds the newest rows up to its limit and says that there are more", async () => {
  await withServer({}, async (harness) => {
    const view = harness.engine.addView("v");
    view.emit([row(0, "a", 1), row(1, "b", 2), row(2, "c", 3)], HOUR);
    const events = await follow(harness, "?limit=2&time=ms&int64=string");
    const { data } = (await events.next())!;
    assert.equal(data.complete, false);
    assert.deepEqual(data.rows[0], { window_start: 2 * HOUR, window_end: 3 * HOUR, city: "c", count: "3" });
    assert.equal(data.rows.length, 2);
    await events.close();
  });
});

Deno.test("heartbeats come in their interval and carry the watermark", async () => {
  const clock = new HandClock();
  await withServer({ clock }, async (harness) => {
    const view = harness.engine.addView("v");
    const events = await follow(harness);
    assert.equal((await events.next())?.event, "snapshot");
    view.watermark = Infinity;
    for (let beat = 0; beat < 2; beat++) {
      clock.advance(15_000);
      assert.deepEqual(await events.next(), {
        event: "heartbeat",
        id: null,
        data: { event: "heartbeat", seq: 0, watermark: "infinity" },
      });
    }
    await events.close();
    await until(() => clock.timers === 0);
  });
});

Deno.test("a subscriber that does not read is cut off with an error event, and the others go on", async () => {
  await withServer({ bounds: { subscriberBytesMax: 20_000 } }, async (harness) => {
    const view = harness.engine.addView("v");
    const answer = await harness.ask("/v1/views/v/live"), other = await follow(harness);
    await other.next();
    const { metrics } = harness.server.context, big = "x".repeat(10_000);
    let sent = 0;
    while (metrics.cutOff.with("slow subscriber").value === 0) {
      view.emit([row(sent++, big, 1)], HOUR);
      assert.equal((await other.next())?.event, "delta");
    }
    assert.equal(view.subscribers, 1);
    const slow = new EventClient(answer);
    let last = await slow.next(), deltas = 0;
    for (let next: typeof last = last; next; next = await slow.next()) {
      last = next;
      if (next.event === "delta") deltas++;
    }
    assert.equal(last?.event, "error");
    assert.equal(last?.data.type, "/problems/busy");
    assert.ok(deltas < sent);
    await other.close();
  });
});

Deno.test("missing deltas that would cut a subscriber off give way to a snapshot", async () => {
  await withServer({ bounds: { subscriberBytesMax: 8000 } }, async (harness) => {
    const view = harness.engine.addView("v");
    for (let hour = 0; hour < 4; hour++) view.emit([row(hour, "x".repeat(1000), 1)], HOUR);
    const events = await follow(harness, "", { "last-event-id": "0" });
    const first = await events.next();
    assert.deepEqual([first?.event, first?.data.complete, first?.data.rows.length], ["snapshot", false, 1]);
    await events.close();
  });
});

Deno.test("when the view goes away its subscribers are told, when it is replaced they begin anew", async () => {
  const clock = new HandClock();
  await withServer({ clock }, async (harness) => {
    harness.engine.addView("v").emit([row(0, "Oslo", 1)], HOUR);
    const events = await follow(harness);
    await events.next();
    harness.engine.addView("v");
    clock.advance(15_000);
    assert.deepEqual((await events.next())?.data.rows, []);
    assert.equal((await events.next())?.event, "heartbeat");
    harness.engine.simViews.delete("v");
    clock.advance(15_000);
    const error = await events.next();
    assert.deepEqual([error?.event, error?.data.type], ["error", "/problems/not_found"]);
    assert.equal(await events.next(), null);
  });
});

Deno.test("subscribers see what the drain completes, and then that the server goes", async () => {
  await withServer({}, async (harness) => {
    const view = harness.engine.addView("v");
    const events = await follow(harness);
    await events.next();
    let open = () => {};
    harness.engine.drainGate = new Promise((resolve) => open = resolve);
    const stopped = harness.server.stop();
    view.emit([row(0, "Oslo", 1)], Infinity);
    assert.equal((await events.next())?.data.watermark, "infinity");
    open();
    const error = await events.next();
    assert.deepEqual([error?.event, error?.data.type], ["error", "/problems/closing"]);
    assert.equal(await events.next(), null);
    await stopped;
  });
});

Deno.test("a WebSocket gets the same JSON, with the id in it", async () => {
  await withServer({}, async (harness) => {
    const view = harness.engine.addView("v");
    view.emit([row(0, "Oslo", 1)], HOUR);
    const events = await follow(harness), socket = await SocketClient.open(harness, "/v1/views/v/live");
    const same = async () => {
      const { id, data } = (await events.next())!;
      assert.deepEqual(await socket.next(), { id, ...data });
    };
    await same();
    view.emit([row(1, "Rome", 1)], HOUR);
    await same();
    socket.send("ignored");
    const resumed = await SocketClient.open(harness, "/v1/views/v/live?since=1", ["rdx.json.v1"]);
    assert.equal((await resumed.next()).seq, 2);
    harness.engine.drainGate = Promise.resolve();
    await events.close();
    const stopped = harness.server.stop();
    assert.equal((await socket.next()).type, "/problems/closing");
    assert.equal((await socket.closed).code, 1001);
    await stopped;
  });
});

Deno.test("an unknown view is 404, a wrong number of keys 400", async () => {
  await withServer({}, async (harness) => {
    assert.equal((await problemOf(await harness.ask("/v1/views/w/live"))).status, 404);
    harness.engine.addView("v");
    const { status, detail } = await problemOf(await harness.ask("/v1/views/v/live?key=a&key=b"));
    assert.equal(status, 400);
    assert.match(detail, /city/);
  });
});
