import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { RdxError } from "../../src/core/errors.ts";
import { openDataFolder, requireStore } from "../../src/store/data_folder_deno.ts";

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-data-" });
  try {
    await run(`${folder}/data`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Names and contents of all files. */
function everything(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name, isFile }) =>
    `${name} ${isFile ? Deno.readTextFileSync(`${path}/${name}`) : "/"}`
  ).sort();
}

async function refused(path: string, code: string, message: RegExp): Promise<void> {
  const before = everything(path);
  await assert.rejects(openDataFolder(path), (thrown) => {
    assert.ok(thrown instanceof RdxError && thrown.code === code, `${thrown}`);
    assert.match(thrown.message, message);
    return true;
  });
  assert.deepEqual(everything(path), before);
}

Deno.test("a data directory is made where there is none, and opened again", () =>
  inFolder(async (path) => {
    (await openDataFolder(path)).close();
    assert.equal(Deno.readTextFileSync(`${path}/VERSION`), "rdx data 1\n");
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o700);
    (await openDataFolder(path)).close();
  }));

Deno.test("a data directory that another process has is refused with its id", () =>
  inFolder(async (path) => {
    const code = `const { openDataFolder } = await import(${
      JSON.stringify(
        new URL("../../src/store/data_folder_deno.ts", import.meta.url).href,
      )
    }); await openDataFolder(Deno.args[0]); console.log("open"); await new Promise(() => setInterval(() => {}, 1000));`;
    const script = `${path}.ts`;
    await Deno.writeTextFile(script, code);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--no-lock", script, path],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await refused(path, "conflict", new RegExp(`process ${child.pid}\\)`));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    // A lock goes with its process, however that ended.
    (await openDataFolder(path)).close();
  }));

Deno.test("what is no data directory of this version, or is not whole, is refused and left alone", () =>
  inFolder(async (path) => {
    Deno.mkdirSync(path);
    Deno.writeTextFileSync(`${path}/photo.txt`, "me");
    await refused(path, "invalid", /is no data directory, and is not empty: name another/);
    Deno.removeSync(`${path}/photo.txt`);
    Deno.writeTextFileSync(`${path}/VERSION`, "rdx data 2\n");
    await refused(path, "invalid", /it is "rdx data 2", and this rdx knows "rdx data 1"; use the rdx that wrote it/);
    Deno.writeTextFileSync(`${path}/VERSION`, "rdx data 1\n");
    Deno.mkdirSync(`${path}/journal`);
    await refused(path, "invalid", /meta\.sqlite is missing; put a copy in its place/);
  }));

Deno.test("a data directory that cannot be written is refused with what to do", () =>
  inFolder(async (path) => {
    Deno.writeTextFileSync(path, "a file");
    await assert.rejects(openDataFolder(`${path}/below`), /Cannot use the data directory .*--durability none/);
    await assert.rejects(openDataFolder(path), /Cannot use the data directory/);
    assert.equal(Deno.readTextFileSync(path), "a file");
  }));

Deno.test("a data directory keeps to the store that its checkpoints are in, until they are gone", () =>
  inFolder(async (path) => {
    (await openDataFolder(path)).close();
    for (const kind of ["files", "sqlite"] as const) await requireStore(path, kind);
    Deno.mkdirSync(`${path}/checkpoints/order`, { recursive: true });
    await requireStore(path, "sqlite");
    Deno.mkdirSync(`${path}/checkpoints/order/p/7`, { recursive: true });
    Deno.writeTextFileSync(`${path}/checkpoints/order/p/7/manifest.json`, "{}");
    await requireStore(path, "files");
    await assert.rejects(requireStore(path, "sqlite"), {
      code: "invalid",
      message: /has its checkpoints in files below checkpoints: pass --store files, or name another/,
    });
    Deno.removeSync(`${path}/checkpoints/order/p`, { recursive: true });
    const db = new DatabaseSync(`${path}/checkpoints.sqlite`);
    await requireStore(path, "files");
    db.exec("CREATE TABLE checkpoints (number INTEGER)");
    await requireStore(path, "files");
    db.exec("INSERT INTO checkpoints VALUES (1)");
    await assert.rejects(requireStore(path, "files"), { message: /in checkpoints\.sqlite: pass --store sqlite/ });
    await requireStore(path, "sqlite");
    db.close();
    Deno.writeTextFileSync(`${path}/checkpoints.sqlite`, "no database, ".repeat(100));
    await assert.rejects(requireStore(path, "files"), { code: "invalid" });
  }));
