import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { RowKind } from "../../src/core/batch.ts";
import type { RdxError } from "../../src/core/errors.ts";
import { FrameBuilder } from "../../src/core/frame.ts";
import { SQLITE_SINKS_MAX } from "../../src/core/limits.ts";
import {
  BOOL,
  BYTES,
  type Column,
  decimal,
  DOUBLE,
  INT64,
  JSON_VALUE,
  STRING,
  TIMESTAMP,
} from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { OutputBatch, Sink, SinkInput } from "../../src/sink.ts";
import { sqliteSink } from "../../src/sink/sqlite.ts";
import { startSqliteWriter } from "../../src/sink/sqlite_thread_deno.ts";
import { SINK_COLUMNS, SINK_INPUT, sinkConformance, sinkOutput } from "../contract/sink.ts";
import { seeded } from "../sim/pool.ts";

const url = new URL("../../workers/sqlite_sink_deno.ts", import.meta.url);
const factory = sqliteSink(() => startSqliteWriter(url), (path) => path);
const column = (name: string, type: Column["type"], nullable = true): Column => ({ name, type, nullable });

sinkConformance("a table of SQLite", () => {
  const path = `${Deno.makeTempDirSync()}/out.db`;
  return {
    factory,
    options: { kind: "sqlite", path, table: "rows" },
    read: () => {
      using database = new DatabaseSync(path);
      const rows = database.prepare("SELECT n, s FROM rows ORDER BY rowid").all();
      return Promise.resolve(rows.map(({ n, s }) => `${n} ${s}`));
    },
  };
});

function output(number: number, columns: readonly Column[], rows: readonly [RowKind, ...Value[]][]): OutputBatch {
  const builder = new FrameBuilder(columns);
  for (const [kind, ...values] of rows) builder.append(values, kind);
  return {
    number,
    ranges: [{ frame: builder.finish(), start: 0, rows: rows.length }],
    rows: rows.length,
    watermark: 0,
  };
}

interface Trial {
  readonly path: string;
  readonly database: DatabaseSync;
  sink(columns?: readonly Column[], input?: Partial<SinkInput>, options?: Record<string, unknown>): Sink;
  all(sql: string): unknown[][];
}

async function withDatabase(run: (trial: Trial) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-sqlite-sink-" }), path = `${folder}/out.db`;
  const sinks: Sink[] = [], database = new DatabaseSync(path);
  try {
    await run({
      path,
      database,
      sink: (columns = SINK_COLUMNS, input = {}, options = {}) => {
        const made = factory.create({ path, table: "t", ...options }, columns, { ...SINK_INPUT, ...input });
        sinks.push(made);
        return made;
      },
      all: (sql) => {
        const statement = database.prepare(sql);
        statement.setReadBigInts(true);
        return statement.all().map((row) => Object.values(row));
      },
    });
  } finally {
    for (const sink of sinks) await sink.close();
    database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("values of all types are there as they were, in a table that is made for them", async () => {
  const columns = [
    column("i", INT64, false),
    column("d", DOUBLE),
    column("b", BOOL),
    column("m", decimal(10, 2)),
    column("w", decimal(38, 3)),
    column("t", TIMESTAMP),
    column('a "name"', STRING),
    column("x", BYTES),
    column("j", JSON_VALUE),
  ];
  await withDatabase(async ({ sink, all }) => {
    const made = sink(columns);
    await made.open();
    const wide = 12345678901234567890123456789012345678n;
    await made.write(output(1, columns, [
      [
        "+I",
        9007199254740993n,
        0.1,
        true,
        -1205n,
        wide,
        1_700_000_000_001n,
        'it\'s "ü"',
        new Uint8Array([0, 255]),
        '{"a":1}',
      ],
      ["+I", -(2n ** 63n), NaN, false, 5n, -1n, -1n, "", new Uint8Array(), "[]"],
      ["+I", 0n, null, null, null, null, null, null, null, null],
    ]));
    assert.deepEqual(all("SELECT * FROM t ORDER BY rowid"), [
      [
        9007199254740993n,
        0.1,
        1n,
        "-12.05",
        "12345678901234567890123456789012345.678",
        "2023-11-14T22:13:20.001Z",
        'it\'s "ü"',
        new Uint8Array([0, 255]),
        '{"a":1}',
      ],
      [-(2n ** 63n), null, 0n, "0.05", "-0.001", "1969-12-31T23:59:59.999Z", "", new Uint8Array(), "[]"],
      [0n, ...Array(8).fill(null)],
    ]);
    assert.deepEqual(all("SELECT type, \"notnull\" FROM pragma_table_info('t')"), [
      ["INTEGER", 1n],
      ...["REAL", "INTEGER", "TEXT", "TEXT", "TEXT", "TEXT", "BLOB", "TEXT"].map((type) => [type, 0n]),
    ]);
  });
});

/** Plays changes by a naive table beside. */
class Model {
  readonly rows = new Map<string, readonly Value[]>();
  apply(rows: readonly [RowKind, ...Value[]][], keys: readonly number[]): void {
    for (const [kind, ...values] of rows) {
      const key = keys.map((i) => String(values[i])).join("\n");
      if (kind === "+I" || kind === "+U") this.rows.set(key, values);
      else this.rows.delete(key);
    }
  }
  get texts(): string[] {
    return [...this.rows.values()].map((values) => values.map(String).join(" ")).sort();
  }
}

for (const nullable of [false, true]) {
  Deno.test(`changes leave what they come to, keys ${nullable ? "with" : "without"} NULL among them`, async () => {
    const columns = [column("k", STRING, nullable), column("l", INT64, false), column("v", DOUBLE)];
    for (let seed = 1; seed <= 6; seed++) {
      await withDatabase(async ({ sink, all }) => {
        const random = seeded(seed), model = new Model(), input = { changes: true, upsertKeys: ["k", "l"] };
        const keyOf = (): Value[] => [nullable && random(4) === 0 ? null : "abc"[random(3)], BigInt(random(40))];
        const outputs = Array.from({ length: 30 }, (_, i) => {
          const rows: [RowKind, ...Value[]][] = [];
          for (let left = random(6) === 0 ? 100 : random(5); left >= 0; left--) {
            const key = keyOf(), known = model.rows.get([key[0], key[1]].map(String).join("\n"));
            const next: [RowKind, ...Value[]][] = known === undefined
              ? [["+I", ...key, random(100)]]
              : random(3) === 0
              ? [["-D", ...known]]
              : [["-U", ...known], ["+U", ...key, random(100)]];
            model.apply(next, [0, 1]);
            rows.push(...next);
          }
          return { output: output(i + 1, columns, rows), after: model.texts };
        });
        let made = sink(columns, input);
        await made.open();
        for (const { output, after } of outputs) {
          await made.write(output);
          const found = all("SELECT k, l, v FROM t").map((row) => row.map(String).join(" ")).sort();
          assert.deepEqual(found, after, `seed ${seed}, output ${output.number}`);
          if (random(5) > 0) continue;
          const { place } = made;
          await made.close();
          made = sink(columns, input);
          assert.equal(await made.open(place), output.number, `seed ${seed}`);
        }
      });
    }
  });
}

Deno.test("what changes and has no key is one row, and the table holds no other", async () => {
  const columns = [column("n", INT64)];
  await withDatabase(async ({ sink, all }) => {
    const made = sink(columns, { changes: true, upsertKeys: [] });
    await made.open();
    await made.write(output(1, columns, [["+I", 1n], ["-U", 1n], ["+U", 2n]]));
    await made.write(output(2, columns, [["-U", 2n], ["+U", 3n]]));
    assert.deepEqual(all("SELECT n FROM t"), [[3n]]);
    await made.write(output(3, columns, [["-D", 3n]]));
    assert.deepEqual(all("SELECT n FROM t"), []);
  });
});

Deno.test("with keys, a row that is only inserted takes the place of the one before it", async () => {
  await withDatabase(async ({ sink, all }) => {
    const columns = [column("n", INT64, false), column("s", STRING)];
    const made = sink(columns, {}, { keys: ["n"] });
    await made.open();
    await made.write(output(1, columns, [["+I", 1n, "a"], ["+I", 2n, "b"], ["+I", 1n, "c"]]));
    assert.deepEqual(all("SELECT n, s FROM t ORDER BY n"), [[1n, "c"], [2n, "b"]]);
    // Many rows are put at once, those of one key among them.
    const rows = Array.from({ length: 500 }, (_, i): [RowKind, ...Value[]] => ["+I", BigInt(i % 70), `row ${i}`]);
    await made.write(output(2, columns, rows));
    assert.deepEqual(
      all("SELECT n, s FROM t ORDER BY n"),
      rows.slice(430).map(([, ...row]) => row).sort(([a], [b]) => Number(a) - Number(b)),
    );
    const keysOnly = sink([columns[0]], {}, { keys: ["n"], table: "k" });
    await keysOnly.open();
    await keysOnly.write(output(1, [columns[0]], [["+I", 1n], ["+I", 1n]]));
    assert.deepEqual(all("SELECT n FROM k"), [[1n]]);
  });
});

Deno.test("rows and their number are one transaction: what fails leaves neither, and the thread goes on", async () => {
  await withDatabase(async ({ sink, all, database }) => {
    database.exec("CREATE TABLE t (n INTEGER CHECK (n < 10), s TEXT)");
    const made = sink();
    await made.open();
    await made.write(sinkOutput(1, [[1n, "a"]]));
    await assert.rejects(made.write(sinkOutput(2, [[2n, "b"], [11n, "c"]])), /CHECK/);
    assert.deepEqual(all("SELECT n FROM t"), [[1n]]);
    assert.deepEqual(all("SELECT number FROM _rdx_sinks"), [[1n]]);
    await made.write(sinkOutput(2, [[2n, "b"]]));
    assert.deepEqual(all('SELECT pipeline, node, "table", number, flushed FROM _rdx_sinks'), [[
      "p",
      "out",
      "t",
      2n,
      -1n,
    ]]);
    await made.flush?.();
    assert.deepEqual(all("SELECT number, flushed FROM _rdx_sinks"), [[2n, 2n]]);
  });
});

Deno.test("an older copy of the database is refused, since rows would be missing", async () => {
  await withDatabase(async ({ sink, database }) => {
    const made = sink();
    await made.open();
    await made.write(sinkOutput(7, [[1n, "a"]]));
    const { place } = made;
    await made.close();
    database.exec("UPDATE _rdx_sinks SET number = 3");
    await assert.rejects(sink().open(place), { code: "conflict", message: /has lost rows/ });
    database.exec("DROP TABLE _rdx_sinks");
    await assert.rejects(sink().open(place), { code: "conflict" });
  });
});

const REFUSED: readonly [string, string, RegExp, Partial<SinkInput>?, Record<string, unknown>?][] = [
  ["a column is missing", "CREATE TABLE t (n INTEGER)", /has no column s: ALTER TABLE "t" ADD COLUMN "s" TEXT/],
  [
    "a type does not keep the values",
    "CREATE TABLE t (n TEXT, s TEXT)",
    /column n as TEXT, which does not keep int64: CAST/,
  ],
  ["a number would be made of a text", "CREATE TABLE t (n INTEGER, s NUMERIC)", /column s as NUMERIC/],
  ["a column needs a value", "CREATE TABLE t (n INTEGER, s TEXT, z TEXT NOT NULL)", /needs a value in z/],
  ["a column is computed", "CREATE TABLE t (n INTEGER, s TEXT AS ('x'))", /computes column s/],
  ["it is a view", "CREATE VIEW t AS SELECT 1 AS n, 'a' AS s", /is a view/],
  [
    "nothing tells rows apart by the key",
    "CREATE TABLE t (n INTEGER, s TEXT)",
    /does not tell rows apart by n: CREATE UNIQUE INDEX/,
    {},
    { keys: ["n"] },
  ],
];

for (const [why, sql, message, input, options] of REFUSED) {
  Deno.test(`a table is refused because ${why}, with what to do, and nothing is changed`, async () => {
    await withDatabase(async ({ sink, database, all }) => {
      database.exec(sql);
      const columns = [column("n", INT64, false), column("s", STRING)];
      await assert.rejects(sink(columns, input, options).open(), (thrown: RdxError) => {
        assert.equal(thrown.code, "invalid_plan");
        assert.match(thrown.message, message);
        return true;
      });
      assert.deepEqual(all("SELECT name FROM sqlite_schema WHERE name = '_rdx_sinks'"), []);
    });
  });
}

Deno.test("a table that is there takes rows by names, whatever their case and order, and times as numbers where it has them so", async () => {
  const columns = [column("n", INT64, false), column("at", TIMESTAMP)];
  await withDatabase(async ({ sink, database, all }) => {
    database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, AT BIGINT, extra TEXT DEFAULT 'x', N INT UNIQUE)");
    const made = sink(columns, {}, { keys: ["n"] });
    await made.open();
    await made.write(output(1, columns, [["+I", 5n, 1000n], ["+I", 5n, 2000n]]));
    assert.deepEqual(all("SELECT at, extra, n FROM t"), [[2000n, "x", 5n]]);
    assert.deepEqual(all("PRAGMA journal_mode"), [["delete"]]);
  });
});

Deno.test("keys that would not tell changes apart are refused, and columns that are one for SQLite", async () => {
  await withDatabase(async ({ sink }) => {
    const changes = { changes: true, upsertKeys: ["n"] };
    assert.throws(() => sink(SINK_COLUMNS, changes, { keys: ["s"] }), /Rows change by n, and not by s/);
    assert.throws(() => sink(SINK_COLUMNS, { changes: true, upsertKeys: null }), /nothing tells them apart/);
    assert.throws(() => sink(SINK_COLUMNS, {}, { keys: ["x"] }), /The key x is no column/);
    const twice = sink([column("a", INT64), column("A", INT64)]);
    await assert.rejects(twice.open(), { code: "invalid_plan", message: /differ in case/ });
  });
});

Deno.test("a table waits for another process that has locked its database, and may be given up meanwhile", async () => {
  await withDatabase(async ({ sink, database, all }) => {
    const made = sink();
    await made.open();
    database.exec("BEGIN IMMEDIATE");
    const writing = made.write(sinkOutput(1, [[1n, "a"]]));
    await new Promise((resolve) => setTimeout(resolve, 30));
    database.exec("COMMIT");
    await writing;
    assert.deepEqual(all("SELECT n FROM t"), [[1n]]);
    database.exec("BEGIN IMMEDIATE");
    const given = made.write(sinkOutput(2, [[2n, "b"]]));
    await new Promise((resolve) => setTimeout(resolve, 30));
    made.giveUp!();
    await assert.rejects(given, { code: "closing" });
    database.exec("COMMIT");
    assert.deepEqual(all("SELECT n FROM t"), [[1n]]);
  });
});

Deno.test("a database that cannot be opened is an error that names it, and threads are bounded and given back", async () => {
  const lost = factory.create({ path: "/nowhere/at/all.db", table: "t" }, SINK_COLUMNS, SINK_INPUT);
  await assert.rejects(lost.open(), { code: "invalid_plan", message: /\/nowhere\/at\/all\.db/ });
  let threads = 0;
  const sinks = sqliteSink(() => {
    threads++;
    const done = <T>(value: T) => Promise.resolve({ value });
    const close = () => Promise.resolve(void threads--);
    const none = () => done(null);
    return { check: none, open: () => done(-1), write: none, flush: none, close, end: () => void threads-- };
  }, (path) => path);
  const made = Array.from(
    { length: SQLITE_SINKS_MAX + 1 },
    () => sinks.create({ path: "f", table: "t" }, SINK_COLUMNS, SINK_INPUT),
  );
  for (const one of made.slice(1)) await one.open();
  await assert.rejects(made[0].open(), { code: "busy" });
  await made[1].close();
  await made[0].open();
  assert.equal(threads, SQLITE_SINKS_MAX);
});
