import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { layoutJson, layoutText } from "../../web/page_model/json_layout.ts";
import { type JsonNode, placeOf, readJsonText, valueOf } from "../../web/page_model/json_text.ts";
import { findPlace, pathSteps } from "../../web/page_model/plan_place.ts";
import { index, member } from "../../src/plan/problems.ts";

const RUNS = { numRuns: 300, verbose: 1 } as const;

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** Objects of either prototype are equal. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("every value of a JSON text is read as JSON.parse reads it, however it is laid out", () => {
  const layouts = fc.constantFrom<(value: unknown) => string>(
    (value) => JSON.stringify(value),
    (value) => JSON.stringify(value, null, "\t"),
    (value) => layoutJson(value),
  );
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), layouts, (value, layout) => {
      const text = layout(value), { node, mistake } = readJsonText(text);
      assert.equal(mistake, null);
      assert.deepEqual(plain(valueOf(node!)), JSON.parse(text));
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
    }),
    RUNS,
  );
});

Deno.test("a text that is laid out anew has the tokens that it had, one by one", () => {
  const TOKEN = /"(?:[^"\\]|\\.)*"|[^\s,:[\]{}"]+|[,:[\]{}]/gu;
  const number = fc.constantFrom("9007199254740993", "1e400", "-0", "1.10", "1E+2", "0.1000000000000000055");
  const spaces = fc.constantFrom("", " ", "\n\t ");
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      number,
      fc.string().map((text) => JSON.stringify(text)),
      fc.constantFrom("true", "null", '"\\u0041\\/"'),
      fc.tuple(fc.array(tie("value")), spaces).map(([items, space]) => `[${space}${items.join(`${space},`)}]`),
      fc.tuple(fc.array(fc.tuple(fc.string(), tie("value"))), spaces).map(([members, space]) =>
        `{${members.map(([name, one]) => `${JSON.stringify(name)}${space}:${space}${one}`).join(`,${space}`)}}`
      ),
    ),
  }));
  fc.assert(
    fc.property(value, (text) => {
      const tidied = layoutText(text);
      assert.deepEqual(tidied.match(TOKEN), text.match(TOKEN));
      assert.equal(layoutText(tidied), tidied);
    }),
    RUNS,
  );
});

Deno.test("a text with one character changed, gone or new is refused exactly when JSON.parse refuses it", () => {
  const edit = fc.record({
    at: fc.nat(),
    remove: fc.integer({ min: 0, max: 1 }),
    insert: fc.constantFrom(
      "",
      ",",
      "]",
      "}",
      "{",
      "[",
      '"',
      "\\",
      ":",
      "0",
      "-",
      ".",
      "e",
      "t",
      " ",
      "\n",
      "\u0001",
      "é",
    ),
  });
  fc.assert(
    fc.property(fc.jsonValue(), edit, (value, { at, remove, insert }) => {
      const text = JSON.stringify(value, null, 1), place = at % (text.length + 1);
      const edited = text.slice(0, place) + insert + text.slice(place + remove);
      const { node, mistake } = readJsonText(edited), expected = parsed(edited);
      assert.equal(mistake === null, expected !== null, edited);
      if (node) return assert.deepEqual(plain(valueOf(node)), plain(expected!.value));
      assert.ok(mistake!.offset >= 0 && mistake!.offset <= edited.length);
      assert.deepEqual({ line: mistake!.line, column: mistake!.column }, placeOf(edited, mistake!.offset));
    }),
    { ...RUNS, numRuns: 2000 },
  );
});

/** Every value below a node with the path that the server would name it by. */
function* pathsOf(node: JsonNode, path: string): Generator<{ path: string; node: JsonNode }> {
  if (path !== "") yield { path, node };
  if (node.kind === "array") {
    for (const [i, item] of node.items.entries()) yield* pathsOf(item, index(path, i));
  } else if (node.kind === "object") {
    for (const { name, node: one } of node.members) yield* pathsOf(one, member(path, name));
  }
}

Deno.test("a path of the server's leads to the text of its value", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (plan) => {
      const text = layoutJson(plan), { node: root } = readJsonText(text);
      for (const { path, node } of pathsOf(root!, "")) {
        const found = findPlace(root!, { path })!;
        assert.deepEqual(found, node, path);
        assert.deepEqual(JSON.parse(text.slice(found.start, found.end)), plain(valueOf(node)));
      }
    }),
    RUNS,
  );
});

const PLAN = `{ "rdx": 1, "nodes": [
  { "id": "rows", "op": "source" },
  { "id": "hour", "input": ["rows"], "window": { "kind": "tumble", "size_ms": 5 }, "odd name": [1] },
  { "id": "totals", "input": ["hour"], "keys": [] }
] }`;

function found(place: { node?: string; path?: string }): string | null {
  const range = findPlace(readJsonText(PLAN).node!, place);
  return range && PLAN.slice(range.start, range.end);
}

Deno.test("a path that does not start at the plan counts from the node that the error names", () => {
  assert.equal(found({ node: "hour", path: "window.size_ms" }), "5");
  assert.equal(found({ node: "hour", path: "id" }), '"hour"');
  assert.equal(found({ node: "hour", path: "nodes[1].window.size_ms" }), "5");
  assert.equal(found({ node: "hour", path: '["odd name"][0]' }), "1");
});

Deno.test("what an aggregate says of its window is found in the window above it", () => {
  assert.equal(found({ node: "totals", path: "window.size_ms" }), "5");
  assert.equal(found({ node: "totals", path: "keys" }), "[]");
});

Deno.test("what a plan lacks is found as far as its path goes, and a node that is gone not at all", () => {
  assert.equal(found({ path: "nodes[0].stream" }), '{ "id": "rows", "op": "source" }');
  assert.equal(found({ node: "rows", path: "stream.length" }), '{ "id": "rows", "op": "source" }');
  assert.equal(found({ node: "hour" })?.slice(0, 14), '{ "id": "hour"');
  assert.equal(found({}), null);
  assert.equal(found({ path: "name" }), PLAN);
});

Deno.test("paths of odd names are read", () => {
  assert.deepEqual(pathSteps('nodes[12].where["a \\" b"].args[0]'), ["nodes", 12, "where", 'a " b', "args", 0]);
});

Deno.test("the first mistake is named with its place", () => {
  const cases: [string, string][] = [
    ['{\n  "a": 1\n  "b": 2\n}', '3:3 Expected , or }, found "'],
    ['{ "a": [1, 2 }', "1:14 Expected , or ], found }"],
    ['{ "a": 1,\n', "2:1 The { of line 1 has no end: expected a name in double quotes"],
    ["{ a: 1 }", "1:3 Expected a name in double quotes, found a"],
    ['{ "a": tru }', "1:8 Expected a value, found tru"],
    ['["x', "1:2 This text has no closing quote"],
    ['["\\x"]', "1:3 JSON does not know this escape"],
    ["[1,]", "1:3 There is nothing behind this comma"],
    ["{} x", "1:4 Expected the end of the text, found x"],
    ["", "1:1 Expected a value, found nothing"],
  ];
  for (const [text, expected] of cases) {
    const { mistake } = readJsonText(text);
    assert.equal(`${mistake?.line}:${mistake?.column} ${mistake?.reason}`, expected, text);
  }
});

Deno.test("a text that is nested without end is refused, not overflowed", () => {
  assert.match(readJsonText("[".repeat(100_000)).mistake!.reason, /deeper/);
});
