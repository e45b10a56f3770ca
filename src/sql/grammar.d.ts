/** What peggy makes of grammar.peggy: dist/sql_grammar.js, by its library interface, which throws nothing of its own. */
export interface Expectation {
  readonly type: "literal" | "class" | "end" | "other" | "any";
  /** Of a literal: the token's character. */
  readonly text?: string;
  /** Of a class: characters and ranges of them. */
  readonly parts?: readonly (string | readonly string[])[];
  readonly inverted?: boolean;
  /** Of a named rule. */
  readonly description?: string;
}

export interface GrammarResult {
  readonly peg$result: unknown;
  /** What `peg$result` is when the tokens do not fit. */
  readonly peg$FAILED: unknown;
  readonly peg$success: boolean;
  readonly peg$currPos: number;
  /** The token up to which the parser came, and what could have stood there. */
  readonly peg$maxFailPos: number;
  readonly peg$maxFailExpected: readonly Expectation[];
}

export interface GrammarOptions {
  readonly maker: object;
  readonly startRule: string;
  readonly peg$library: true;
}

export function parse(codes: string, options: GrammarOptions): GrammarResult;
