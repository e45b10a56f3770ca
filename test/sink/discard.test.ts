import assert from "node:assert/strict";
import { openEncoder } from "../../src/codec/encoder.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { discardSink } from "../../src/sink/discard.ts";
import { fileSink } from "../../src/sink/file.ts";
import { openDenoFile } from "../../src/sink/file_deno.ts";
import { stdoutSink } from "../../src/sink/stdout.ts";
import { sinkConformance } from "../contract/sink.ts";

sinkConformance("discard", () => ({
  factory: discardSink(),
  options: { kind: "discard" },
  read: () => Promise.resolve(null),
}));

Deno.test("plans and sinks agree on the options of every kind", () => {
  const withoutTexts = (schema: unknown) =>
    JSON.parse(JSON.stringify(schema, (key, value) => key === "description" ? undefined : value));
  for (const factory of [discardSink(), fileSink(openDenoFile, openEncoder), stdoutSink(openEncoder)]) {
    assert.deepEqual(withoutTexts(factory.options), withoutTexts(STANDARD_SINKS.get(factory.kind)?.options));
  }
});
