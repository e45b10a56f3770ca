import { PatternError } from "./node.ts";

/** A place in a pattern, which goes forward by code points. */
export class Scanner {
  #index = 0;
  constructor(readonly text: string) {}

  get done(): boolean {
    return this.#index >= this.text.length;
  }

  /** Characters before the place. */
  get at(): number {
    return Array.from(this.text.slice(0, this.#index)).length;
  }

  /** The character at the place; empty at the end. */
  get peek(): string {
    return this.done ? "" : String.fromCodePoint(this.text.codePointAt(this.#index)!);
  }

  /** The character `n` UTF-16 units on. */
  after(n: number): string {
    return this.text.slice(this.#index + n, this.#index + n + 1);
  }

  sees(character: string): boolean {
    return this.text.startsWith(character, this.#index);
  }

  /** Goes on if the text goes on so. */
  takes(text: string): boolean {
    if (!this.sees(text)) return false;
    this.#index += text.length;
    return true;
  }

  /** The character at the place, and on to the next. */
  take(): string {
    const character = this.peek;
    this.#index += character.length;
    return character;
  }

  /** What a sticky expression matches at the place; the place stays. */
  matches(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#index;
    return expression.exec(this.text);
  }

  skip(units: number): void {
    this.#index += units;
  }

  error(message: string, hint?: string): PatternError {
    return new PatternError(this.at, message, hint);
  }
}
