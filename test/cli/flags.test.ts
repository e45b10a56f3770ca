import assert from "node:assert/strict";
import { type Flags, parseFlags } from "../../src/cli/flags.ts";

const FLAGS: Flags = {
  create: { about: "A switch that can be turned off", negatable: true },
  insecure: { about: "A switch that cannot" },
  port: { about: "A value", value: "N" },
};

Deno.test("a switch is on, off, or not given", () => {
  assert.equal(parseFlags(["--create"], FLAGS).switch("create"), true);
  assert.equal(parseFlags(["--no-create"], FLAGS).switch("create"), false);
  assert.equal(parseFlags([], FLAGS).switch("create"), undefined);
  assert.equal(parseFlags(["--", "--no-create"], FLAGS).switch("create"), undefined);
});

Deno.test("only a switch that can be turned off is, without a value and once", () => {
  for (const wrong of [["--no-insecure"], ["--no-port"], ["--no-create=1"], ["--create", "--no-create"], ["--no-"]]) {
    assert.throws(() => parseFlags(wrong, FLAGS), /Unknown flag|takes no value|more than once/, wrong.join(" "));
  }
});
