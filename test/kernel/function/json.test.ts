import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { RdxError } from "../../../src/core/errors.ts";
import {
  BOOL,
  type Column,
  type DataType,
  decimal,
  DOUBLE,
  INT64,
  STRING,
  TIMESTAMP,
} from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { compileExpression, type Expression } from "../../../src/expr/mod.ts";
import * as plain from "../reference/json_text.ts";
import { anyText as anyString, bytes, double, int64, text } from "./arguments.ts";
import { check } from "./differential.ts";
import { anyPath, anyText, flatArray, uniqueDocument } from "./documents.ts";
import { valuesOf } from "./run.ts";

const columns = (...types: DataType[]): Column[] => types.map((type, i) => ({ name: "abcd"[i], type, nullable: true }));
const a: Expression = { column: "a" };
const call = (name: string, ...args: (Expression | string | number | boolean | null)[]): Expression => ({
  call: name,
  args: args.map((arg) => typeof arg === "object" && arg !== null ? arg : { literal: arg }),
});
const of = (expression: Expression, texts: readonly Value[]) =>
  valuesOf(expression, columns(STRING), texts.map((one) => [one]));
const texts = fc.array(fc.option(anyText, { nil: null, freq: 10 }), { minLength: 1, maxLength: 100 });
const some = (values: readonly (string | null)[], of: (text: string) => Value) =>
  values.map((value) => value === null ? null : of(value));

Deno.test("is_json is what JSON.parse says, of documents whole and broken", () => {
  fc.assert(
    fc.property(texts, (values) => {
      const parsed = values.map((value) => value === null ? undefined : plain.parse(value));
      const composed = (value: plain.Json) => plain.isComposed(value);
      assert.deepEqual(of(call("is_json", a), values), parsed.map((value) => value !== undefined));
      assert.deepEqual(
        of(call("is_json", a, "SCALAR"), values),
        parsed.map((value) => value !== undefined && !composed(value)),
      );
      assert.deepEqual(of(call("is_json", a, "array"), values), parsed.map(Array.isArray));
      assert.deepEqual(
        of(call("is_json", a, "object"), values),
        parsed.map((value) => value !== undefined && composed(value) && !Array.isArray(value)),
      );
    }),
    { numRuns: 300 },
  );
});

Deno.test("json_value, json_query, json_exists and json_length find what JSON.parse finds", () => {
  fc.assert(
    fc.property(texts, anyPath, (values, { path, steps, strict }) => {
      const found = (value: string) => plain.follow(value, steps, strict);
      const isState = (value: unknown): value is "nothing" | "wrong" => value === "nothing" || value === "wrong";
      assert.deepEqual(
        of(call("json_value", a, path), values),
        some(values, (value) => plain.jsonValue(value, steps, strict)),
        path,
      );
      const queries = of(call("json_query", a, path), values).map((value) =>
        value === null ? null : plain.compact(plain.parse(value as string)!)
      );
      assert.deepEqual(
        queries,
        some(values, (value) => {
          const at = found(value);
          return isState(at) || !plain.isComposed(at) || at instanceof plain.Said ? null : plain.compact(at);
        }),
        path,
      );
      assert.deepEqual(of(call("json_exists", a, path), values), some(values, (value) => !isState(found(value))), path);
      const choice = of(call("json_value", a, path, "empty", "error"), values);
      assert.deepEqual(
        choice,
        some(values, (value) => {
          const at = found(value);
          if (at === "wrong") return "error";
          if (at === "nothing" || at === null) return "empty";
          return plain.scalarText(at) ?? (strict ? "error" : "empty");
        }),
        path,
      );
    }),
    { numRuns: 300 },
  );
});

Deno.test("json_length and cardinality count items and members", () => {
  fc.assert(fc.property(fc.array(uniqueDocument, { minLength: 1 }), anyPath, (values, { path, steps, strict }) => {
    const countOf = (at: ReturnType<typeof plain.follow>) =>
      plain.isComposed(at as plain.Json) && !(at instanceof plain.Said)
        ? BigInt(Object.keys(at as object).length)
        : null;
    const found = values.map((value) => plain.follow(value, steps, strict)),
      all = values.map((value) => plain.follow(value, [], false));
    const lengths = found.map((at) => at === "nothing" || at === "wrong" ? null : countOf(at) ?? 1n);
    assert.deepEqual(of(call("json_length", a, path), values), lengths, path);
    assert.deepEqual(of(call("cardinality", a), values), all.map(countOf));
  }));
});

Deno.test("json_query writes without white space and keeps what is written", () => {
  const spaced = '{ "a" : [ 1.50 , "x \\" y" , { } ] }';
  assert.deepEqual(of(call("json_query", a), [spaced]), ['{"a":[1.50,"x \\" y",{}]}']);
  assert.deepEqual(of(call("json_query", a, "$.a[0]"), [spaced]), [null]);
  assert.deepEqual(of(call("json_query", a, "$.a[0]", "conditional"), [spaced]), ["[1.50]"]);
  assert.deepEqual(of(call("json_query", a, "$.a", "conditional"), [spaced]), ['[1.50,"x \\" y",{}]']);
  assert.deepEqual(of(call("json_query", a, "$.a[2]", "conditional"), [spaced]), ["[{}]"]);
  assert.deepEqual(of(call("json_query", a, "$.a", "unconditional"), [spaced]), ['[[1.50,"x \\" y",{}]]']);
  const choice = (path: string) => of(call("json_query", a, path, "without", "[]", "{}"), [spaced, "{", "[null]"]);
  assert.deepEqual(choice("$.b"), ["[]", "{}", "[]"]);
  assert.deepEqual(choice("strict $.a[0]"), ["{}", "{}", "{}"]);
});

Deno.test("json_value gives the type that is named, and NULL where it is none", () => {
  const typed = (type: string, ...rest: Expression[]): Expression => ({
    call: "json_value",
    args: [a, { literal: "$.a" }, ...rest],
    type,
  });
  const rows = ['{"a":1}', '{"a":"2.5"}', '{"a":true}', '{"a":"x"}', "{}"];
  assert.deepEqual(of(typed("int64"), rows), [1n, null, null, null, null]);
  assert.deepEqual(of(typed("double", { literal: 7 }), rows), [1, 2.5, null, null, 7]);
  assert.deepEqual(of(typed("bool"), rows), [true, null, true, null, null]);
  assert.deepEqual(of(call("json_exists", a, "strict $.a", true), ["{}", '{"a":0}', "["]), [true, true, true]);
});

Deno.test("strings are quoted as JSON.stringify does, and say again what they said", () => {
  check("json_quote", { args: [text], reference: (value: string) => JSON.stringify(value), runs: 100 });
  const control = { type: STRING, values: fc.string({ unit: "binary-ascii", maxLength: 30 }) };
  check("json_quote", { args: [control], reference: (value: string) => JSON.stringify(value) });
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          anyText,
          anyString.map((value) => JSON.stringify(value)),
        ),
        { minLength: 1 },
      ),
      (values) => {
        const expected = values.map((value) => {
          const parsed = plain.parse(value as string);
          return typeof parsed === "string" ? parsed.toWellFormed() : value;
        });
        assert.deepEqual(of(call("json_unquote", a), values), expected);
      },
    ),
  );
});

Deno.test("json_string, json_array and json_object write values of every type", () => {
  const numberText = (value: number) => Number.isFinite(value) ? String(value) : "null";
  check("json_string", { args: [text], reference: (value: string) => JSON.stringify(value) });
  check("json_string", { args: [int64], reference: String });
  check("json_string", { args: [double], reference: numberText });
  check("json_string", { args: [bytes], reference: (value: Uint8Array) => JSON.stringify(value.toBase64()) });
  const row: Value[] = [1.5, true, 1000n, null], types = columns(DOUBLE, BOOL, TIMESTAMP, decimal(9, 2));
  const all = ["a", "b", "c", "d"].map((column): Expression => ({ column }));
  assert.deepEqual(valuesOf(call("json_array", ...all), types, [row]), ['[1.5,true,"1970-01-01T00:00:01.000Z"]']);
  assert.deepEqual(valuesOf(call("json_array_null", ...all), types, [row]), [
    '[1.5,true,"1970-01-01T00:00:01.000Z",null]',
  ]);
  const pairs = (name: string) => call(name, "x", all[0], 'k"', all[3], "y", call("json_array", all[1]));
  assert.deepEqual(valuesOf(pairs("json_object"), types, [row]), ['{"x":1.5,"k\\"":null,"y":[true]}']);
  assert.deepEqual(valuesOf(pairs("json_object_absent"), types, [row]), ['{"x":1.5,"y":[true]}']);
  assert.deepEqual(of(call("json_object"), [""]), ["{}"]);
  assert.deepEqual(of(call("json_array"), [""]), ["[]"]);
  assert.deepEqual(of(call("json_array", call("json_query", a, "$"), a), ['{"a":1}']), ['[{"a":1},"{\\"a\\":1}"]']);
  assert.deepEqual(valuesOf(call("json_array", a), columns(DOUBLE), [[NaN], [Infinity], [null]]), [
    "[null]",
    "[null]",
    "[]",
  ]);
});

Deno.test("items of arrays are found by index and by value", () => {
  const index = { type: INT64, values: fc.bigInt(-1n, 5n) }, document = { type: STRING, values: anyText };
  check("element", {
    args: [document, index],
    reference: (value: string, i: bigint) => {
      const item = plain.items(value)?.[Number(i) - 1];
      if (item === undefined || item === null || i < 1n) return null;
      return plain.isComposed(item) ? null : plain.scalarText(item)!;
    },
    // What is composed has a test of its own: here it is NULL
    expression: (name, args) => {
      const item = call(name, ...args);
      return call("case", call("and", call("is_json", item), call("in", call("left", item, 1), "[", "{")), null, item);
    },
    runs: 100,
  });
  assert.deepEqual(of(call("element", a, 1), ['[ { "a" : 1 } ]', "[[ ]]"]), ['{"a":1}', "[]"]);
  const where = (value: string, equal: (item: plain.Json) => boolean) => {
    const all = plain.items(value);
    return all === null ? null : BigInt(all.findIndex(equal) + 1);
  };
  const word = { type: STRING, values: fc.constantFrom("a", "é", "a b", "", "🙂", "1") };
  check("array_position", {
    args: [document, word],
    reference: (value: string, one: string) =>
      where(value, (item) => typeof item === "string" && item.toWellFormed() === one),
  });
  const small = { type: INT64, values: fc.constantFrom(0n, 1n, 12n, 100n, 9007199254740993n) };
  check("array_position", {
    args: [document, small],
    reference: (value: string, one: bigint) =>
      where(value, (item) => item instanceof plain.Written && plain.wholeOf(item) === one),
  });
  const written = ["0e1", "-0.0e5", "0e-9223372036854775808", "1e400", "100e-2", "0.01E2", "1200e-2", "1.5e0", "1e-1"];
  const positions = (whole: bigint) =>
    valuesOf(
      call("array_position", a, { column: "b" }),
      columns(STRING, INT64),
      written.map((one) => [`[${one}]`, whole]),
    );
  assert.deepEqual(positions(0n), [1n, 1n, 1n, 0n, 0n, 0n, 0n, 0n, 0n]);
  assert.deepEqual(positions(1n), [0n, 0n, 0n, 0n, 1n, 1n, 0n, 0n, 0n]);
  check("array_contains", {
    args: [document, { type: DOUBLE, values: fc.constantFrom(0, 1, 0.1, -2.5, 100) }],
    reference: (value: string, one: number) => {
      const place = where(value, (item) => item instanceof plain.Written && Number(item.text) === one);
      return place === null ? null : place > 0n;
    },
  });
  check("array_contains", {
    args: [document, { type: BOOL, values: fc.boolean() }],
    reference: (value: string, one: boolean) => {
      const place = where(value, (item) => item === one);
      return place === null ? null : place > 0n;
    },
  });
});

Deno.test("split and array_join go between texts and arrays", () => {
  const separator = { type: STRING, values: fc.constantFrom(",", "", "ab", "é", "a") };
  check("split", {
    args: [text, separator],
    reference: (value: string, by: string) => JSON.stringify(by === "" ? Array.from(value) : value.split(by)),
    runs: 100,
  });
  check("array_join", {
    args: [{ type: STRING, values: flatArray }, separator],
    reference: (value: string, by: string) =>
      plain.items(value)?.filter((item) => item !== null).map((item) => plain.scalarText(item)).join(by) ?? null,
  });
  assert.deepEqual(of(call("array_join", a, "-"), ['["a", [1, 2], {"b": null}, null, true]']), [
    'a-[1,2]-{"b":null}-true',
  ]);
});

Deno.test("deep documents end in time, and beyond the bound they are none", () => {
  const deep = (n: number) => "[".repeat(n) + "]".repeat(n);
  assert.deepEqual(of(call("is_json", a), [deep(1000), deep(1002), "[".repeat(100_000)]), [true, false, false]);
  const path = `$${"[0]".repeat(99)}`;
  assert.deepEqual(of(call("json_length", a, path), [deep(101), deep(100), deep(99)]), [1n, 0n, null]);
});

function reasonOf(expression: Expression): string {
  try {
    compileExpression(expression, columns(STRING));
  } catch (thrown) {
    assert.ok(thrown instanceof RdxError);
    return thrown.details[0].reason;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(expression)} is taken` });
}

const REFUSED: readonly (readonly [string, RegExp, number])[] = [
  ["a", /A path begins with \$/, 1],
  ["$.*", /Wildcards give many values/, 2],
  ["$.a[*]", /Wildcards give many values/, 4],
  ["$..a", /Descent to any depth/, 2],
  ["$.a?(@.b)", /Filters give many values/, 4],
  ["$[last]", /Ranges and places from the end/, 2],
  ["$[1 to 2]", /Ranges and places from the end/, 2],
  ["$.a.size()", /Methods are not known/, 9],
  ["$[-1]", /This is no step of a path/, 2],
  ["$.", /This is no step of a path/, 2],
  ["$" + "[0]".repeat(101), /more than 100 steps/, 302],
];

Deno.test("paths with many values, and what is no path, are refused with the place", () => {
  for (const [path, message, place] of REFUSED) {
    const reason = reasonOf(call("json_value", a, path));
    assert.match(reason, message, path);
    assert.ok(reason.includes(`: character ${place} of the path ${JSON.stringify(path)}`), reason);
  }
  assert.match(reasonOf(call("json_query", a, "$", "wrapped")), /^json_query knows no "wrapped"/);
  assert.match(reasonOf(call("json_object", "a")), /^json_object takes a value for each key/);
  assert.match(reasonOf(call("json_object", a, 1)), /^json_object needs a literal string here/);
  assert.match(reasonOf({ call: "lower", args: [a], type: "string" }), /^lower takes no type/);
});
