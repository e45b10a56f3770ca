import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { createLog, type LogOptions, silentLog } from "../../src/telemetry/log.ts";

const CLOCK = { now: () => 0, monotonic: () => 0, after: () => () => {}, soon: () => Promise.resolve() };

function logged(options: Partial<LogOptions>, write: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  write(createLog({ clock: CLOCK, ...options, write: (line) => lines.push(line) }));
  return lines;
}

Deno.test("a line is JSON with time, level, message and fields", () => {
  const [line] = logged(
    {},
    (log) => log.child({ pipeline: "p" }).warn("Stalled", { rows: 5, big: 2n ** 60n, none: undefined }),
  );
  assert.deepEqual(JSON.parse(line), {
    time: "1970-01-01T00:00:00.000Z",
    level: "warn",
    message: "Stalled",
    pipeline: "p",
    rows: 5,
    big: "1152921504606846976",
    none: null,
  });
});

Deno.test("levels below the least are not written", () => {
  const lines = logged({ level: "warn" }, (log) => {
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
  });
  assert.deepEqual(lines.map((line) => JSON.parse(line).message), ["c", "d"]);
  silentLog.child({}).error("nothing");
});

Deno.test("secrets never show, by their name or by their value", () => {
  const secrets = ['to"ken', ""];
  for (const format of ["json", "text"] as const) {
    const [line] = logged({ secrets, format }, (log) =>
      log.info('Got to"ken', {
        authorization: "Bearer x1",
        apiKey: "x2",
        nested: { Password: "x3", fine: "shown" },
        url: 'http://h/?access_token=to"ken',
      }));
    assert.doesNotMatch(line, /x1|x2|x3|to\\*"ken/);
    assert.match(line, /shown/);
  }
});

Deno.test("whatever is logged is one line, and in JSON one that can be read", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.anything(), (text, value) => {
    const [json] = logged({}, (log) => log.info(text, { value }));
    assert.equal(JSON.parse(json).message, text);
    const [plain] = logged({ format: "text" }, (log) => log.info(text, { value, text }));
    // deno-lint-ignore no-control-regex
    assert.match(plain, /^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\n$/);
  }));
});

Deno.test("long values are cut, and values that refer to themselves are named", () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const [line] = logged({}, (log) => log.info("x", { loop, long: "y".repeat(10_000), error: new Error("why") }));
  const { loop: shown, long, error } = JSON.parse(line);
  assert.equal(shown, "[not printable]");
  assert.equal(long.length, 4097);
  assert.match(error, /^Error: why\n/);
});

Deno.test("text for people has the time of day, the level and fields", () => {
  const [line] = logged({ format: "text" }, (log) => log.info("Ready", { url: "http://h:1", note: "two words" }));
  assert.equal(line, '00:00:00.000 info  Ready url=http://h:1 note="two words"\n');
});
