import assert from "node:assert/strict";
import { explainPlan, type FunctionRules } from "../../../src/plan/mod.ts";
import { compileSql, compileSqlOrThrow, type SqlOptions } from "../../../src/sql/mod.ts";
import { CATALOG } from "./catalog.ts";

const BASE = "file:///scripts/report.sql";
const options: SqlOptions = { name: "p", base: BASE };
const SCORE = "CREATE FUNCTION score (a BIGINT, b DOUBLE) RETURNS DOUBLE LANGUAGE TYPESCRIPT AS './score.ts#score';";
const REFERENCE = {
  module: "file:///scripts/score.ts",
  export: "score",
  takes: ["int64", "double"],
  returns: "double",
};

const planOf = (text: string, more: SqlOptions = options) => compileSqlOrThrow(text, CATALOG, more).pipelines[0].plan;
/** The references of all calls of user functions in a plan, in order. */
function referencesOf(part: unknown): unknown[] {
  if (typeof part !== "object" || part === null) return [];
  const own = "call" in part && "function" in part ? [part.function] : [];
  return [...own, ...Object.values(part).flatMap(referencesOf)];
}
function problemsOf(text: string, rules?: FunctionRules, more: SqlOptions = options) {
  return compileSql(text, rules ? { ...CATALOG, functions: rules } : CATALOG, more).problems;
}

Deno.test("a declared function is called by its name in any case, wherever a function of the language may stand", () => {
  const plan = planOf(`${SCORE}
    SELECT SUM(Score(price, 0.5)) AS total, MAX(score(auction, CAST(price AS DOUBLE))) FILTER (WHERE score(price, 1) > 3) AS top
    FROM bid WHERE SCORE(bidder, 2) BETWEEN 1 AND score(1, 1)
    GROUP BY score(auction, 2e0) HAVING score(COUNT(*), 1) > 0`);
  const references = referencesOf(plan.nodes);
  assert.ok(references.length >= 7, `${references.length} calls`);
  for (const reference of references) assert.deepEqual(reference, REFERENCE);
});

Deno.test("views, computed columns, joins and windows may call it too", () => {
  const plan = planOf(`${SCORE}
    CREATE TABLE rides (id BIGINT, km DOUBLE, worth AS score(id, km), at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'stream');
    CREATE VIEW dear AS SELECT id, worth, score(id, worth) AS more, at FROM rides;
    SELECT a.id FROM dear a JOIN rides b ON a.id = b.id AND score(a.id, b.km) > 1;`);
  assert.ok(referencesOf(plan.nodes).length >= 3);
});

Deno.test("modules are relative to the script, or have whole URLs; without a name they export the function's", () => {
  const moduleOf = (as: string, base?: string) => {
    const [reference] = referencesOf(
      planOf(
        `CREATE FUNCTION f (a BIGINT) RETURNS BIGINT LANGUAGE JAVASCRIPT AS '${as}'; SELECT f(price) FROM bid`,
        { name: "p", ...(base === undefined ? {} : { base }) },
      ).nodes,
    ) as (typeof REFERENCE)[];
    return [reference.module, reference.export];
  };
  assert.deepEqual(moduleOf("./lib/f.js", BASE), ["file:///scripts/lib/f.js", "f"]);
  assert.deepEqual(moduleOf("../f.js#default", BASE), ["file:///f.js", "default"]);
  assert.deepEqual(moduleOf("https://x.example/f.js?v=2#g"), ["https://x.example/f.js?v=2", "g"]);
});

Deno.test("a function can be called behind its declaration and in front of its end", () => {
  const dropped = `${SCORE} CREATE MATERIALIZED VIEW v AS SELECT score(price, 1) AS s FROM bid; DROP FUNCTION Score;`;
  assert.deepEqual(problemsOf(dropped, undefined, { base: BASE }), []);
  assert.deepEqual(problemsOf(`${dropped} SELECT score(price, 1) FROM bid`).map(({ reason }) => reason), []);
  const early = `SELECT score(price, 1) FROM bid; ${SCORE}`;
  assert.deepEqual(
    problemsOf(early, undefined, { base: BASE, sink: { kind: "discard" } }).map(({ reason }) => reason),
    [
      "Unknown function score",
    ],
  );
  const again =
    `${SCORE} DROP FUNCTION score; ${SCORE} CREATE FUNCTION IF NOT EXISTS score () RETURNS INT LANGUAGE TYPESCRIPT AS 'x';`;
  assert.deepEqual(problemsOf(`${again} DROP FUNCTION IF EXISTS other; SELECT score(price, 1) FROM bid`), []);
});

Deno.test("an explanation says that it is a user function", () => {
  const { nodes } = explainPlan(planOf(`${SCORE} SELECT score(price, 1) AS s FROM bid`), CATALOG);
  assert.deepEqual(nodes.flatMap(({ notes }) => notes.filter((note) => note.includes("user function"))), [
    "score(int64, double): double is a user function, score of score.ts: pure if its code is",
  ]);
});

const create = (name: string, params: string, returns: string, as: string) =>
  `CREATE FUNCTION ${name} (${params}) RETURNS ${returns} LANGUAGE TYPESCRIPT AS '${as}';`;
const REFUSED: readonly (readonly [why: string, text: string, place: string, reason: RegExp, hint?: RegExp])[] = [
  ["a name of the language", create("abs", "a INT", "INT", "./f.ts"), "abs", /^ABS is a function of the language$/],
  ["an alias", create("ucase", "a INT", "INT", "./f.ts"), "ucase", /is a function of the language$/],
  ["an aggregate", create("Sum", "a INT", "INT", "./f.ts"), "Sum", /^SUM is a function of the language$/],
  ["a window function", create("lag", "a INT", "INT", "./f.ts"), "lag", /^LAG is a function of the language$/],
  ["what the language refuses", create("now", "", "INT", "./f.ts"), "now", /^NOW is a function of the language$/],
  ["a name with a point", create("a.b", "a INT", "INT", "./f.ts"), "a.b", /^Cannot call a function "a\.b"/],
  [
    "two of one name",
    SCORE + create("SCORE", "a INT", "INT", "./f.ts"),
    "SCORE",
    /^SCORE is there already$/,
    /Drop it first/,
  ],
  [
    "arguments of one name",
    create("f", "a INT, a INT", "INT", "./f.ts"),
    "a INT, a INT",
    /^Argument a is named twice$/,
  ],
  ["an unknown type", create("f", "a INTT", "INT", "./f.ts"), "INTT", /^Unknown type INTT$/],
  [
    "a decimal",
    create("f", "a INT", "DECIMAL(9, 2)", "./f.ts"),
    "DECIMAL(9, 2)",
    /^User functions have no DECIMAL\(9, 2\)$/,
    /as a string/,
  ],
  ["bytes", create("f", "a BYTES", "INT", "./f.ts"), "BYTES", /^User functions have no BYTES$/],
  ["no module", create("f", "a INT", "INT", "#f"), "'#f'", /^Cannot find a function at '#f'$/],
  ["nothing that it exports", create("f", "a INT", "INT", "./f.ts#"), "'./f.ts#'", /^Cannot find a function at/],
  [
    "what is not there is dropped",
    `${SCORE} DROP FUNCTION scor;`,
    "scor;",
    /^There is no function scor to drop$/,
    /Did you mean score/,
  ],
  [
    "an unknown function",
    `${SCORE} SELECT scores(price, 1) FROM bid`,
    "scores(",
    /^Unknown function scores$/,
    /Did you mean SCORE\?/,
  ],
  [
    "too few arguments",
    `${SCORE} SELECT score(price) FROM bid`,
    "score(price)",
    /^score cannot take 1 argument$/,
    /^score\(int64, double\): double$/,
  ],
  [
    "an argument of another type",
    `${SCORE} SELECT score(channel, 1) FROM bid`,
    "channel",
    /^score cannot take string here$/,
    /CAST/,
  ],
  ["a distinct argument", `${SCORE} SELECT score(DISTINCT price, 1) FROM bid`, "score(D", /^SCORE is no aggregate/],
];

for (const [why, text, place, reason, hint] of REFUSED) {
  Deno.test(`a script is refused with its place: ${why}`, () => {
    const [problem, ...more] = problemsOf(text.includes("SELECT") ? text : `${text} SELECT price FROM bid`);
    assert.deepEqual(more, []);
    assert.match(problem.reason, reason);
    if (hint) assert.match(problem.hint ?? "", hint);
    const start = text.lastIndexOf(place);
    assert.ok(
      problem.at.start >= start && problem.at.start < start + place.length,
      `${problem.at.start} is not in ${start}…`,
    );
  });
}

Deno.test("a relative module needs a place to start from", () => {
  const [problem] = problemsOf(`${SCORE} SELECT score(price, 1) FROM bid`, undefined, { name: "p" });
  assert.match(problem.reason, /^Cannot find '\.\/score\.ts': this script has no place of its own/);
});

Deno.test("what the process does not allow is refused where it is declared, once, whatever calls it", () => {
  const rules: FunctionRules = {
    refusal: (module) => module.startsWith("file:///allowed/") ? null : { reason: "Not this one", hint: "Another" },
    base: "file:///allowed/",
  };
  const text = `${SCORE} SELECT score(price, 1) AS a, score(price, 2) AS b FROM bid`;
  const [problem, ...more] = problemsOf(text, rules);
  assert.deepEqual([problem.reason, problem.hint, more.length], ["Not this one", "Another", 0]);
  assert.equal(text.slice(problem.at.start, problem.at.end), "'./score.ts#score'");
  assert.deepEqual(
    problemsOf(text, rules, { name: "p" }),
    [],
    "without a place of its own a script starts from the rules' base",
  );
});
