import { SQL_PROBLEMS_MAX } from "../../core/limits.ts";
import type { Span } from "../ast.ts";

/** What is wrong (or, as a note, worth knowing) at one place of the text. */
export interface Finding {
  readonly at: Span;
  readonly reason: string;
  readonly hint?: string;
}

/** Everything that is found while a script is bound, so that its author sees it all at once. */
export class Report {
  readonly problems: Finding[] = [];
  /** What works otherwise than its author may think. */
  readonly notes: Finding[] = [];
  readonly consequences: Finding[] = [];
  /** Views are bound again for each pipeline: what was said once is not said twice. */
  readonly #said = new Set<string>();

  /** No more problems are told: what would look for hints can save the time. */
  get full(): boolean {
    return this.problems.length >= SQL_PROBLEMS_MAX;
  }

  /** Notes a problem; returns null, which stands for "nothing could be bound". */
  add(at: Span, reason: string, hint?: string): null {
    return this.#push(this.problems, at, reason, hint);
  }

  /** Notes what most likely follows from another problem: it is told where there is no other. */
  addConsequence(at: Span, reason: string, hint?: string): null {
    return this.#push(this.consequences, at, reason, hint);
  }

  note(at: Span, reason: string, hint?: string): void {
    this.#push(this.notes, at, reason, hint);
  }

  #push(list: Finding[], at: Span, reason: string, hint?: string): null {
    const key = `${at.start} ${at.end} ${reason}`;
    if (list.length >= SQL_PROBLEMS_MAX || this.#said.has(key)) return null;
    this.#said.add(key);
    list.push({ at, reason, ...(hint === undefined ? {} : { hint }) });
    return null;
  }
}

/** Ends the binding of a script that has become too large; everything found so far stays. */
export class TooLarge extends Error {
  constructor(readonly at: Span, reason: string, readonly hint: string) {
    super(reason);
  }
}
