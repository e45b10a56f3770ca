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
  | { readonly kind: "fill"; readonly docs: readonly Doc[]; readonly hard: boolean };

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
  return { kind: "fill", docs, hard: docs.some(({ hard }) => hard) };
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
      case "fill": {
        const [first, ...rest] = doc.docs;
        if (!first) break;
        if (rest.length > 0) stack.push({ doc: { ...doc, docs: rest }, level, flat });
        const one = { doc: first, level, flat: true };
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

class Lines {
  #text = "";
  #line = "";
  #spaced = false;

  get column(): number {
    return this.#line.length + (this.#spaced ? 1 : 0);
  }

  write(text: string): void {
    if (text === " ") return this.space();
    if (text === "") return;
    const whole = this.#line + (this.#spaced ? " " : "") + text, last = whole.lastIndexOf("\n") + 1;
    this.#text += whole.slice(0, last);
    this.#line = whole.slice(last);
    this.#spaced = false;
  }

  space(): void {
    this.#spaced = this.#line.trim() !== "";
  }

  next(level: number): void {
    if (this.#line.trim() !== "") this.#text += `${this.#line}\n`;
    this.#line = INDENT.repeat(level);
    this.#spaced = false;
  }

  toString(): string {
    return this.#text + this.#line.trimEnd();
  }
}
