/** Columns that a line has at most, where it can be broken. */
const WIDTH = 100;
const INDENT = "  ";

/**
 * A text whose line breaks are not decided yet. A group is one line when it fits, else all its own lines break. `hard` is whether there is a break in it
 * that is not to be decided: then no group around it is one line.
 */
export type Doc =
  | { readonly kind: "text"; readonly text: string; readonly hard: boolean }
  | { readonly kind: "space"; readonly hard: false }
  | { readonly kind: "line"; readonly flat: " " | ""; readonly hard: boolean }
  | { readonly kind: "all"; readonly docs: readonly Doc[]; readonly hard: boolean }
  | { readonly kind: "indent"; readonly doc: Doc; readonly hard: boolean }
  | { readonly kind: "group"; readonly doc: Doc; readonly hard: boolean }
  | { readonly kind: "filled"; readonly doc: Doc; readonly hard: boolean };

/** A blank, which is none at the beginning and the end of a line. */
export const SPACE: Doc = { kind: "space", hard: false };
/** A line break, or a blank in one line. */
export const LINE: Doc = { kind: "line", flat: " ", hard: false };
/** A line break, or nothing in one line. */
export const SOFT: Doc = { kind: "line", flat: "", hard: false };
/** A line break. */
export const HARD: Doc = { kind: "line", flat: "", hard: true };

/** Text that may have line ends itself, which stay as they are. */
export function text(value: string): Doc {
  return { kind: "text", text: value, hard: value.includes("\n") };
}

export function all(...docs: readonly Doc[]): Doc {
  return row(docs);
}

/** Docs one behind the other, however many. */
export function row(docs: readonly Doc[]): Doc {
  return { kind: "all", docs, hard: docs.some(({ hard }) => hard) };
}

export function indent(...docs: readonly Doc[]): Doc {
  const doc = all(...docs);
  return { kind: "indent", doc, hard: doc.hard };
}

export function group(...docs: readonly Doc[]): Doc {
  const doc = all(...docs);
  return { kind: "group", doc, hard: doc.hard };
}

/** As many of the docs to a line as fit. */
export function fill(docs: readonly Doc[]): Doc {
  return row(docs.map((doc) => ({ kind: "filled", doc, hard: doc.hard })));
}

interface Command {
  readonly doc: Doc;
  readonly level: number;
  readonly flat: boolean;
}

/** The text of a doc. No line ends with a blank, and breaks that follow each other are one. */
export function print(doc: Doc): string {
  const out = new Lines(), stack: Command[] = [{ doc, level: 0, flat: false }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { doc, level, flat } = top;
    switch (doc.kind) {
      case "text":
        out.write(doc.text);
        break;
      case "space":
        out.space();
        break;
      case "line":
        if (flat && !doc.hard) out.write(doc.flat);
        else out.next(level);
        break;
      case "indent":
        stack.push({ doc: doc.doc, level: level + 1, flat });
        break;
      case "all":
        for (let i = doc.docs.length - 1; i >= 0; i--) stack.push({ doc: doc.docs[i], level, flat });
        break;
      case "group": {
        const one = { doc: doc.doc, level, flat: true };
        stack.push(flat || (!doc.hard && fits(one, stack, WIDTH - out.column)) ? one : { ...one, flat: false });
        break;
      }
      case "filled": {
        const one = { doc: doc.doc, level, flat: true };
        out.space();
        if (!flat && !fits(one, [], WIDTH - out.column)) out.next(level);
        stack.push(one);
        break;
      }
    }
  }
  return out.toString();
}

/** Whether a command and what follows it up to the next break fit into `width` columns. */
function fits(first: Command, rest: readonly Command[], width: number): boolean {
  const stack: Command[] = [first];
  let spaced = false;
  for (let left = width, next = rest.length; left >= 0;) {
    const top = stack.pop() ?? rest[--next];
    if (!top) return true;
    const { doc, level, flat } = top;
    switch (doc.kind) {
      case "text":
        if (doc.hard) return left - doc.text.indexOf("\n") >= 0;
        left -= doc.text.length;
        if (doc.text !== "") spaced = false;
        break;
      case "space":
      case "line":
        if (doc.kind === "line" && (!flat || doc.hard)) return true;
        // Blanks that follow each other are one.
        if (spaced || (doc.kind === "line" && doc.flat === "")) break;
        left -= 1;
        spaced = true;
        break;
      case "indent":
        stack.push({ doc: doc.doc, level, flat });
        break;
      case "filled":
        stack.push({ doc: doc.doc, level, flat }, { doc: SPACE, level, flat });
        break;
      case "group":
        // A group behind the first may break: then what stands before its first break must fit.
        stack.push({ doc: doc.doc, level, flat: flat && !doc.hard });
        break;
      default:
        for (let i = doc.docs.length - 1; i >= 0; i--) stack.push({ doc: doc.docs[i], level, flat });
    }
  }
  return false;
}

/** Text line by line. Indentation is written with what follows it, so that no line is blank or ends with a blank. */
class Lines {
  #text = "";
  #column = 0;
  #level = 0;
  /** Nothing has been written on this line, and a blank is due. */
  #empty = true;
  #spaced = false;

  get column(): number {
    return this.#empty ? this.#level * INDENT.length : this.#column + (this.#spaced ? 1 : 0);
  }

  write(text: string): void {
    if (text === " ") return this.space();
    if (text === "") return;
    const blank = this.#empty ? INDENT.repeat(this.#level) : this.#spaced ? " " : "";
    const last = text.lastIndexOf("\n");
    this.#column = last < 0 ? (this.#empty ? 0 : this.#column) + blank.length + text.length : text.length - last - 1;
    this.#text += blank + text;
    this.#empty = false;
    this.#spaced = false;
  }

  space(): void {
    this.#spaced = !this.#empty;
  }

  next(level: number): void {
    if (!this.#empty) this.#text += "\n";
    this.#empty = true;
    this.#level = level;
    this.#spaced = false;
  }

  toString(): string {
    return this.#text;
  }
}
