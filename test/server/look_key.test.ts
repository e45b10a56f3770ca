import assert from "node:assert/strict";
import {
  BOOL,
  BYTES,
  type Column,
  type DataType,
  decimal,
  DOUBLE,
  INT64,
  STRING,
  TIMESTAMP,
} from "../../src/core/schema.ts";
import { lookKey } from "../../src/server/look_key.ts";

const column = (name: string, type: DataType): Column => ({ name, type, nullable: true });

function keyOf(text: string, ...types: DataType[]) {
  return lookKey(text, types.map((type, i) => column(`c${i}`, type)), "groups");
}

Deno.test("a key is a JSON value or an array of them, with all digits", () => {
  assert.deepEqual(keyOf('"Oslo"', STRING), ["Oslo"]);
  assert.deepEqual(keyOf('["Oslo"]', STRING), ["Oslo"]);
  assert.deepEqual(keyOf("9223372036854775807", INT64), [9223372036854775807n]);
  assert.deepEqual(keyOf('"-5"', INT64), [-5n]);
  assert.deepEqual(keyOf("null", STRING), [null]);
  assert.deepEqual(keyOf('[null,true,"AQI="]', INT64, BOOL, BYTES), [null, true, new Uint8Array([1, 2])]);
  assert.deepEqual(keyOf("[0.5,1e3]", DOUBLE, DOUBLE), [0.5, 1000]);
  assert.deepEqual(keyOf('["12.5",3]', decimal(10, 2), decimal(38, 2)), [1250n, 300n]);
  assert.deepEqual(keyOf('["1970-01-01T00:00:01Z",1000]', TIMESTAMP, TIMESTAMP), [1000n, 1000n]);
  assert.deepEqual(keyOf("[]"), []);
});

Deno.test("what can be no key is refused with the columns that it needs", () => {
  const wrong: [string, ...DataType[]][] = [
    ["Oslo", STRING],
    ["5", STRING],
    ['"Oslo"', INT64],
    ["1.5", INT64],
    ["9223372036854775808", INT64],
    ["true", INT64],
    ["1", BOOL],
    ["{}", STRING],
    ['"?"', BYTES],
    ['"12.345"', decimal(10, 2)],
    ['"soon"', TIMESTAMP],
    ["[1]", INT64, STRING],
    ["[1,2]", INT64],
  ];
  for (const [text, ...types] of wrong) {
    assert.throws(() => keyOf(text, ...types), /^RdxError: Parameter key .*: table groups is looked for by c0 /, text);
  }
  assert.throws(() => keyOf("1"), /table groups is not looked for by a key, leave it out/);
});
