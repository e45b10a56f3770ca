/**
 * Generates the SQL parser of src/sql/grammar*.peggy into dist/sql_grammar.js, an ES module that runs anywhere. Nothing is generated when the grammar and
 * what it is made with are as they were.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Plugin } from "peggy";
import { codesOf } from "../src/sql/tokens_encode.ts";
import { KEYWORDS } from "../src/sql/tokens_keywords.ts";

const root = new URL("../", import.meta.url);
const out = new URL("dist/sql_grammar.js", root), stamp = new URL("dist/sql_grammar.stamp", root);
const GRAMMAR = ["src/sql/grammar.peggy", "src/sql/grammar_query.peggy", "src/sql/grammar_expression.peggy"];
const SOURCES = [
  "deno.json",
  "scripts/build_sql.ts",
  ...GRAMMAR,
  "src/sql/tokens_encode.ts",
  "src/sql/tokens_keywords.ts",
];

/** Rules that a text may begin with: a statement, and what may stand behind a mistake. */
export const START_RULES = [
  "Statement",
  "Insert",
  "Expression",
  "CommonTables",
  "RestFrom",
  "RestWhere",
  "RestGroup",
  "RestHaving",
  "RestSet",
  "RestTable",
] as const;

type Tree = { [member: string]: unknown };

/** Calls `visit` with each literal of a peggy tree. */
function literals(tree: unknown, visit: (literal: Tree) => void): void {
  if (Array.isArray(tree)) return tree.forEach((one) => literals(one, visit));
  if (typeof tree !== "object" || tree === null) return;
  const node = tree as Tree;
  if (node.type === "literal") return visit(node);
  for (const [name, value] of Object.entries(node)) if (name !== "location") literals(value, visit);
}

/** A peggy plugin that replaces each literal by the characters of its tokens. Throws when a keyword is used nowhere. */
const tokenLiterals: Plugin = {
  use(config) {
    config.passes.check.unshift((tree) => {
      const used = new Set<string>();
      literals(tree.rules, (node) => {
        const literal = String(node.value), codes = codesOf(literal);
        used.add(literal);
        if (codes.length === 1 && typeof codes[0] === "string") node.value = codes[0];
        else Object.assign(node, { type: "class", parts: codes, inverted: false, ignoreCase: false, unicode: false });
      });
      const unused = KEYWORDS.filter((word) => !used.has(word) && !isUnit(word));
      if (unused.length > 0) throw new Error(`The grammar does not use ${unused.join(", ")}`);
    });
  },
};

function isUnit(word: string): boolean {
  const [first, last] = codesOf("<unit>")[0];
  const [code] = codesOf(word) as readonly string[];
  return code >= first && code <= last;
}

/** The text of the parser, with further options of peggy's. */
export async function generate(options: { trace?: boolean } = {}): Promise<string> {
  const peggy = (await import("peggy")).default;
  const grammar = GRAMMAR.map((path) => ({ source: path, text: Deno.readTextFileSync(new URL(path, root)) }));
  return peggy.generate(grammar, {
    ...options,
    output: "source",
    format: "es",
    allowedStartRules: [...START_RULES],
    plugins: [tokenLiterals],
  });
}

/** Generates the parser when its sources changed, or when `force` says so. */
export async function buildSql(force: boolean): Promise<void> {
  const hash = createHash("sha256");
  for (const path of SOURCES) hash.update(Deno.readFileSync(new URL(path, root)));
  const now = hash.digest("hex");
  let before = "";
  try {
    before = Deno.readTextFileSync(stamp);
    Deno.statSync(out);
  } catch {
    before = "";
  }
  if (!force && before === now) return;
  const text = await generate();
  Deno.writeTextFileSync(out, text);
  Deno.writeTextFileSync(stamp, now);
  const kilobytes = gzipSync(text, { level: 9 }).length / 1000;
  console.error(`built dist/sql_grammar.js (${kilobytes.toFixed(1)} KB gzip)`);
}
