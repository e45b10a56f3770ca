import { REGEXP_DEPTH_MAX, REGEXP_GROUPS_MAX, REGEXP_REPEAT_MAX } from "../../core/limits.ts";
import { classRanges, escapedRanges } from "./class.ts";
import { type Assertion, EMPTY, type Node, type Pattern, PatternError } from "./node.ts";
import { folded, LINE_END, negated, type Ranges } from "./ranges.ts";
import { Scanner } from "./scanner.ts";

interface Flags {
  /** Letters match in both cases. */
  readonly i: boolean;
  /** `.` matches line ends too. */
  readonly s: boolean;
  /** `^` and `$` match at line feeds too. */
  readonly m: boolean;
}

const ESCAPED: Readonly<Record<string, Assertion>> = { b: "word", B: "not_word", A: "start", z: "end" };

/**
 * Parses a regular expression: what RE2 and Java have in common. Literals; `.`; classes `[a-z]`, `[^…]`, `[[:alpha:]]`, `\d \w \s \D
 * \W \S`, `\p{Alpha}` and the other ASCII names; `\t \n \r \f \v \a \e`, `\x41`, `\x{1F642}`, `\u0041`, `\Q…\E`; groups `(…)`, `(?:…)`,
 * `(?<name>…)`; `|`; `* + ? {n} {n,} {n,m}`, lazy with `?` behind; `^ $ \A \z \b \B`; flags `(?i)` (ASCII letters), `(?s)`, `(?m)`,
 * also `(?i:…)` and `(?-i)`. `whole`: it must match the whole text, and `.` matches line ends. Throws PatternError for anything else,
 * with the place.
 */
export function parsePattern(text: string, whole = false): Pattern {
  const parser = new Parser(new Scanner(text)), node = parser.choice({ i: false, s: whole, m: false }, 0);
  parser.end();
  const parts: Node[] = [{ kind: "assert", what: "start" }, node, { kind: "assert", what: "end" }];
  return { node: whole ? { kind: "concat", parts } : node, groups: parser.groups };
}

class Parser {
  groups = 0;
  constructor(private readonly scanner: Scanner) {}

  end(): void {
    if (!this.scanner.done) throw this.scanner.error("There is a ) without a (", "Write \\) for the character");
  }

  /** Alternatives up to the end or the `)` of their group. Flags that are set within hold until there. */
  choice(flags: Flags, depth: number): Node {
    if (depth > REGEXP_DEPTH_MAX) throw this.scanner.error(`Groups are nested deeper than ${REGEXP_DEPTH_MAX}`);
    const options: Node[] = [];
    let parts: Node[] = [], now = flags;
    while (!this.scanner.done && !this.scanner.sees(")")) {
      if (this.scanner.takes("|")) {
        options.push(joined(parts));
        parts = [];
        continue;
      }
      const set = this.#flags(now);
      if (set) now = set;
      else parts.push(this.#repeated(now, depth));
    }
    options.push(joined(parts));
    return options.length === 1 ? options[0] : { kind: "choice", options };
  }

  /** `(?i)` and its kin: the flags from there on; null if there are none. */
  #flags(flags: Flags): Flags | null {
    const match = this.scanner.matches(/\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?\)/y);
    if (!match) return null;
    const set = this.#changed(flags, match[1], match[2] ?? "");
    this.scanner.skip(match[0].length);
    return set;
  }

  #changed(flags: Flags, on: string, off: string): Flags {
    const odd = [...on, ...off].find((letter) => !(letter in flags));
    if (odd !== undefined) throw this.scanner.error(`There is no flag ${odd}`, "What fits: i, s, m");
    const changes = [...[...on].map((letter) => [letter, true]), ...[...off].map((letter) => [letter, false])];
    return { ...flags, ...Object.fromEntries(changes) };
  }

  #repeated(flags: Flags, depth: number): Node {
    let node = this.#atom(flags, depth);
    const times = this.#times();
    if (times) {
      const greedy = !this.scanner.takes("?");
      if (this.scanner.sees("+")) throw this.scanner.error("Possessive quantifiers cannot be matched in linear time");
      node = { kind: "repeat", node, ...times, greedy };
      const at = this.scanner.at;
      if (this.#times()) {
        throw new PatternError(at, "There is a quantifier behind a quantifier", "Put a group around the first");
      }
    }
    return node;
  }

  /** A quantifier; null if there is none. A `{` that begins none is a character. */
  #times(): { min: number; max: number } | null {
    if (this.scanner.takes("*")) return { min: 0, max: Infinity };
    if (this.scanner.takes("+")) return { min: 1, max: Infinity };
    if (this.scanner.takes("?")) return { min: 0, max: 1 };
    const match = this.scanner.matches(/\{(\d{1,9})(,(\d{1,9})?)?\}/y);
    if (!match) return null;
    const min = Number(match[1]), max = match[2] === undefined ? min : Number(match[3] ?? Infinity);
    if (max < min) throw this.scanner.error(`${match[0]} has more than it has at most`);
    if (Math.max(min, max === Infinity ? 0 : max) > REGEXP_REPEAT_MAX) {
      throw this.scanner.error(`${match[0]} repeats more than ${REGEXP_REPEAT_MAX} times`);
    }
    this.scanner.skip(match[0].length);
    return { min, max };
  }

  #atom(flags: Flags, depth: number): Node {
    const { scanner } = this;
    if (scanner.sees("*") || scanner.sees("+") || scanner.sees("?")) {
      throw scanner.error("There is nothing to repeat", `Write \\${scanner.peek} for the character`);
    }
    if (scanner.sees("(")) return this.#group(flags, depth);
    if (scanner.takes("^")) return { kind: "assert", what: flags.m ? "line_start" : "start" };
    if (scanner.takes("$")) return { kind: "assert", what: flags.m ? "line_end" : "end" };
    if (scanner.takes(".")) return { kind: "set", ranges: flags.s ? negated([]) : negated(LINE_END) };
    if (scanner.sees("[")) return cased(classRanges(scanner, flags.i), false);
    if (!scanner.sees("\\")) return cased(single(scanner.take()), flags.i);
    return this.#escaped(flags);
  }

  #escaped(flags: Flags): Node {
    const { scanner } = this, quoted = scanner.matches(/\\Q([\s\S]*?)(?:\\E|$)/y);
    if (quoted) {
      scanner.skip(quoted[0].length);
      return joined(Array.from(quoted[1], (one) => cased(single(one), flags.i)));
    }
    const letter = scanner.after(1);
    if (Object.hasOwn(ESCAPED, letter)) {
      scanner.skip(2);
      return { kind: "assert", what: ESCAPED[letter] };
    }
    return cased(escapedRanges(scanner), flags.i);
  }

  #group(flags: Flags, depth: number): Node {
    const { scanner } = this, at = scanner.at;
    const named = scanner.matches(/\(\?P?<([A-Za-z][A-Za-z0-9_]*)>/y);
    const plain = scanner.matches(/\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?:/y);
    if (!named && !plain && scanner.matches(/\(\?/y)) throw this.#refused();
    const inner = plain ? this.#changed(flags, plain[1], plain[2] ?? "") : flags;
    scanner.skip(named?.[0].length ?? plain?.[0].length ?? 1);
    const index = plain ? 0 : ++this.groups;
    if (index > REGEXP_GROUPS_MAX) {
      throw new PatternError(
        at,
        `There are more than ${REGEXP_GROUPS_MAX} groups`,
        "Write (?:…) for groups that are not asked for",
      );
    }
    const node = this.choice(inner, depth + 1);
    if (!scanner.takes(")")) throw new PatternError(at, "There is a ( without a )", "Write \\( for the character");
    return plain ? node : { kind: "group", node, index };
  }

  #refused(): PatternError {
    const { scanner } = this;
    if (scanner.matches(/\(\?<?[=!]/y)) {
      return scanner.error(
        "Lookaround cannot be matched in linear time",
        "Match what is around too, and take a group of it",
      );
    }
    if (scanner.matches(/\(\?>/y)) return scanner.error("Atomic groups cannot be matched in linear time");
    return scanner.error("This is no group", "What fits: (…), (?:…), (?<name>…), (?i)");
  }
}

function single(character: string): Ranges {
  const code = character.codePointAt(0)!;
  return [[code, code]];
}

function cased(ranges: Ranges, anyCase: boolean): Node {
  return { kind: "set", ranges: anyCase ? folded(ranges) : ranges };
}

function joined(parts: readonly Node[]): Node {
  return parts.length === 1 ? parts[0] : parts.length === 0 ? EMPTY : { kind: "concat", parts };
}
