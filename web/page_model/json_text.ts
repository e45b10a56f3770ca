/** Where a value stands in a text: offsets in UTF-16 units, end exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A value of a JSON text with its place. */
export type JsonNode =
  & Range
  & (
    | { readonly kind: "object"; readonly members: readonly JsonMember[] }
    | { readonly kind: "array"; readonly items: readonly JsonNode[] }
    | { readonly kind: "scalar"; readonly value: string | number | boolean | null }
  );

export interface JsonMember {
  readonly name: string;
  /** The name with its quotes. */
  readonly at: Range;
  readonly node: JsonNode;
}

/** What is wrong first; lines and columns count from 1. `opened`: the bracket that lacks its end. */
export interface JsonMistake {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

export type JsonText =
  | { readonly node: JsonNode; readonly mistake: null }
  | { readonly node: null; readonly mistake: JsonMistake };

/** Deeper texts are refused: the reader calls itself once a level. */
const DEPTH_MAX = 500;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

/** Reads JSON as `JSON.parse` does, and keeps where each value stands, or says what is wrong first and where. */
export function readJsonText(text: string): JsonText {
  const reader = new Reader(text);
  try {
    return { node: reader.whole(), mistake: null };
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown;
    return { node: null, mistake: { offset: thrown.offset, ...placeOf(text, thrown.offset), reason: thrown.message } };
  }
}

/** Line and column of an offset, from 1. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  let line = 1, start = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++;
    start = at + 1;
  }
  return { line, column: offset - start + 1 };
}

/** The value that a node stands for, with null prototypes. */
export function valueOf(node: JsonNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "array") return node.items.map(valueOf);
  const value: Record<string, unknown> = Object.create(null);
  for (const { name, node: member } of node.members) value[name] = valueOf(member);
  return value;
}

class Mistake extends Error {
  constructor(readonly offset: number, reason: string) {
    super(reason);
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonNode {
    this.#space();
    if (this.#at === this.#text.length) throw new Mistake(this.#at, "Expected a value, found nothing");
    const node = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#wrong("Expected the end of the text");
    return node;
  }

  #value(): JsonNode {
    const start = this.#at, first = this.#text[start];
    if (first === "{" || first === "[") {
      if (++this.#depth > DEPTH_MAX) throw new Mistake(start, `Nested deeper than ${DEPTH_MAX} levels`);
      const node = first === "{" ? this.#object(start) : this.#array(start);
      this.#depth--;
      return node;
    }
    if (first === '"') return { kind: "scalar", value: this.#string(), start, end: this.#at };
    const word = this.#match(WORD) ?? this.#match(NUMBER);
    if (word === null) throw this.#wrong("Expected a value");
    return { kind: "scalar", value: JSON.parse(word), start, end: this.#at };
  }

  #object(start: number): JsonNode {
    const members: JsonMember[] = [];
    this.#at++;
    for (this.#space(); !this.#take("}"); this.#space()) {
      if (members.length > 0) this.#comma(start, "}");
      const at = this.#at;
      if (this.#text[at] !== '"') throw this.#wrong("Expected a name in double quotes", start);
      const name = this.#string(), end = this.#at;
      this.#space();
      if (!this.#take(":")) throw this.#wrong(`Expected : behind the name ${JSON.stringify(name)}`, start);
      this.#space();
      members.push({ name, at: { start: at, end }, node: this.#value() });
    }
    return { kind: "object", members, start, end: this.#at };
  }

  #array(start: number): JsonNode {
    const items: JsonNode[] = [];
    this.#at++;
    for (this.#space(); !this.#take("]"); this.#space()) {
      if (items.length > 0) this.#comma(start, "]");
      items.push(this.#value());
    }
    return { kind: "array", items, start, end: this.#at };
  }

  #comma(opened: number, close: string): void {
    const comma = this.#at;
    if (!this.#take(",")) throw this.#wrong(`Expected , or ${close}`, opened);
    this.#space();
    if (this.#text[this.#at] === close) throw new Mistake(comma, `There is nothing behind this comma`);
  }

  #string(): string {
    const start = this.#at++, text = this.#text;
    for (let character = text[this.#at]; character !== '"'; character = text[this.#at]) {
      if (character === undefined || character === "\n") throw new Mistake(start, "This text has no closing quote");
      if (character < " ") throw new Mistake(this.#at, "A control character must be written as an escape, as in \\t");
      if (character !== "\\") this.#at++;
      else if (this.#match(ESCAPE) === null) throw new Mistake(this.#at, "JSON does not know this escape");
    }
    return JSON.parse(text.slice(start, ++this.#at));
  }

  #wrong(expected: string, opened?: number): Mistake {
    const found = this.#text[this.#at];
    if (found !== undefined) return new Mistake(this.#at, `${expected}, found ${foundText(this.#text, this.#at)}`);
    if (opened === undefined) return new Mistake(this.#at, `${expected}, found the end of the text`);
    const { line } = placeOf(this.#text, opened);
    return new Mistake(this.#at, `The ${this.#text[opened]} of line ${line} has no end: ${lower(expected)}`);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return null;
    this.#at += found[0].length;
    return found[0];
  }

  #space(): void {
    this.#match(SPACE);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

function lower(sentence: string): string {
  return sentence[0].toLowerCase() + sentence.slice(1);
}

/** The word at a place, or the character where there is none. */
function foundText(text: string, at: number): string {
  const word = /[\p{L}\p{N}_]{1,20}/uy;
  word.lastIndex = at;
  return word.exec(text)?.[0] ?? String.fromCodePoint(text.codePointAt(at)!);
}
