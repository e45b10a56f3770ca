import assert from "node:assert/strict";
import { frameOf } from "../sim/view.ts";
import { VIEW_COLUMNS } from "../sim/engine.ts";
import { type Harness, problemOf, withServer } from "./harness.ts";

const HOUR = 3_600_000;
const row = (hour: number, city: string, count: bigint) =>
  [BigInt(hour * HOUR), BigInt((hour + 1) * HOUR), city, count] as const;

function withView(test: (harness: Harness, get: (query?: string) => Promise<Response>) => Promise<void>) {
  return withServer({}, async (harness) => {
    const view = harness.engine.addView("v");
    view.emit([row(0, "Oslo", 1n), row(0, "Rome", 2n), row(1, "Oslo", 9007199254740993n)], 2 * HOUR);
    const open = frameOf(VIEW_COLUMNS, [row(2, "Oslo", 7n), row(2, "Rome", 8n), row(3, "Oslo", 9n)]);
    view.open = [open];
    await test(harness, (query = "") => harness.ask(`/v1/views/v${query}`));
  });
}

/** City and hour of each row. */
async function places(answer: Response): Promise<string[]> {
  assert.equal(answer.status, 200);
  const { rows } = JSON.parse((await answer.text()).replace(/:(\d{16,})/g, ':"$1"'));
  return rows.map((one: Record<string, string>) =>
    `${one.city} ${one.window_start.slice(11, 13)}${one.$open ? " open" : ""}`
  );
}

Deno.test("a query answers view, watermark, seq, columns and rows, int64 exact", async () => {
  await withView(async (_, get) => {
    const text = await (await get()).text();
    assert.match(text, /"count":9007199254740993\}/);
    const { rows, ...rest } = JSON.parse(text);
    assert.deepEqual(rest, {
      view: "v",
      watermark: "1970-01-01T02:00:00.000Z",
      seq: 1,
      columns: [
        { name: "window_start", type: "timestamp", nullable: false },
        { name: "window_end", type: "timestamp", nullable: false },
        { name: "city", type: "string", nullable: true },
        { name: "count", type: "int64", nullable: false },
      ],
    });
    assert.equal(rows.length, 3);
  });
});

Deno.test("values leave as the client can take them: int64=string, time=ms", async () => {
  await withView(async (_, get) => {
    const { rows, watermark } = await (await get("?int64=string&time=ms")).json();
    assert.equal(watermark, 2 * HOUR);
    assert.deepEqual(rows[2], { window_start: HOUR, window_end: 2 * HOUR, city: "Oslo", count: "9007199254740993" });
  });
});

for (
  const [query, expected] of [
    ["?key=Oslo", ["Oslo 00", "Oslo 01"]],
    ["?key=Bergen", []],
    ["?from=1970-01-01T01:00:00Z", ["Oslo 01"]],
    ["?from=1970-01-01T02:00:00%2B01:00", ["Oslo 01"]],
    ["?from=1970-01-01T02:00:00+01:00", ["Oslo 01"]],
    ["?from=1970-01-01 01:00", ["Oslo 01"]],
    ["?to=3600000", ["Oslo 00", "Rome 00"]],
    ["?order=desc&limit=2", ["Oslo 01", "Rome 00"]],
    ["?limit=0", []],
    ["?open=true", ["Oslo 00", "Rome 00", "Oslo 01", "Oslo 02 open", "Rome 02 open", "Oslo 03 open"]],
    ["?open=true&order=desc&limit=4", ["Oslo 03 open", "Rome 02 open", "Oslo 02 open", "Oslo 01"]],
    ["?open=true&limit=4", ["Oslo 00", "Rome 00", "Oslo 01", "Oslo 02 open"]],
    ["?open=true&key=Rome", ["Rome 00", "Rome 02 open"]],
    ["?open=true&from=7200000&to=10800000", ["Oslo 02 open", "Rome 02 open"]],
    ["?open=false", ["Oslo 00", "Rome 00", "Oslo 01"]],
  ] as const
) {
  Deno.test(`a query ${query} answers ${JSON.stringify(expected)}`, async () => {
    await withView(async (_, get) => assert.deepEqual(await places(await get(query)), expected));
  });
}

for (
  const query of [
    "?key=a&key=b",
    "?from=yesterday",
    "?from=1970-13-01",
    "?limit=-1",
    "?limit=10001",
    "?limit=ten",
    "?limit=1&limit=2",
    "?order=up",
    "?open=yes",
    "?int64=bigint",
    "?ordr=asc",
  ]
) {
  Deno.test(`a query ${query} is 400 and says what is expected`, async () => {
    await withView(async (_, get) => {
      const { status, code, detail } = await problemOf(await get(query));
      assert.deepEqual([status, code], [400, "invalid"]);
      assert.match(detail, /expected|did you mean|needs 1|more than once/);
    });
  });
}

Deno.test("views are listed with their keys and watermark, an unknown one is 404", async () => {
  await withView(async ({ ask }) => {
    const { views: [view] } = await (await ask("/v1/views")).json();
    assert.deepEqual([view.name, view.pipeline, view.keys, view.rows, view.seq], ["v", "p", ["city"], 3, 1]);
    assert.equal((await problemOf(await ask("/v1/views/w"))).status, 404);
  });
});
