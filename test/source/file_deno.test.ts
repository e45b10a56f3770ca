import assert from "node:assert/strict";
import { FILES_OPEN_MAX } from "../../src/core/limits.ts";
import { DenoFileReader } from "../../src/source/file_deno.ts";

Deno.test("files are read at any offset, and past their end not at all", () => {
  const path = `${Deno.makeTempDirSync()}/f`, reader = new DenoFileReader(), target = new Uint8Array(4);
  Deno.writeTextFileSync(path, "0123456789");
  assert.equal(reader.size(path), 10);
  assert.equal(reader.read(path, 7, target), 3);
  assert.equal(new TextDecoder().decode(target.subarray(0, 3)), "789");
  assert.equal(reader.read(path, 1, target), 4);
  assert.equal(new TextDecoder().decode(target), "1234");
  assert.equal(reader.read(path, 10, target), 0);
  reader.close();
});

Deno.test("what is no file is not found", () => {
  const folder = Deno.makeTempDirSync(), reader = new DenoFileReader();
  assert.throws(() => reader.size(`${folder}/missing`), { code: "not_found", message: /missing/ });
  assert.throws(() => reader.size(folder), { code: "not_found", message: /is no file/ });
  assert.throws(() => reader.read(`${folder}/missing`, 0, new Uint8Array(1)), { code: "not_found" });
});

Deno.test("many files can be read in turn", () => {
  const folder = Deno.makeTempDirSync(), reader = new DenoFileReader(), target = new Uint8Array(8);
  const paths = Array.from({ length: FILES_OPEN_MAX + 3 }, (_, i) => `${folder}/${i}`);
  paths.forEach((path, i) => Deno.writeTextFileSync(path, `file ${i}`));
  for (let round = 0; round < 2; round++) {
    paths.forEach((path, i) => {
      const count = reader.read(path, 0, target);
      assert.equal(new TextDecoder().decode(target.subarray(0, count)), `file ${i}`);
    });
  }
  reader.close();
});
