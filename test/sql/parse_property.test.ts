import assert from "node:assert/strict";
import { describeProblem } from "../../src/sql/errors.ts";
import { parseSql } from "../../src/sql/parse.ts";
import { Random } from "./generate_expression.ts";
import { Statements } from "./generate_query.ts";
import { bare } from "./parse_cases.ts";
import { wordsOf } from "./print_query.ts";

const FIRST_SEED = 20_260_101, SEEDS = 600;

Deno.test("what a tree is written as is read as that tree", () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const tree = new Statements(seed).statement();
    const text = wordsOf(tree, new Random(seed)).map(({ text }) => text).join(" ");
    const { statements, problems } = parseSql(text);
    assert.deepEqual(problems.map((problem) => describeProblem(text, problem)), [], `seed ${seed}: ${text}`);
    assert.deepEqual(bare(statements), [bare(tree)], `seed ${seed}: ${text}`);
  }
});
