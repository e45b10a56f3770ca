import type { ErrorDetail, RdxError } from "../../src/core/errors.ts";
import { NAME_PATTERN } from "../../src/core/schema.ts";
import type { PipelineJson, StreamJson } from "../page_model/answers.ts";
import type { Range } from "../page_model/json_text.ts";
import type { TemplateStream } from "../page_model/templates.ts";
import type { ScriptText } from "./plan_text.ts";

export type Language = "sql" | "json";

/** What is wrong with what was written, and where. */
export interface Refusal {
  readonly title: string;
  readonly errors: readonly ErrorDetail[];
}

/** A template's title; `put` makes its text over a stream. `there`: the stream exists. */
export interface SheetTemplate {
  readonly title: string;
  readonly put: (stream: TemplateStream, there: boolean) => string;
  /** The one stream that it is about. */
  readonly stream?: string;
}

/** One language in which a pipeline is written, and what a person has written in it: that stays in the window until it is deployed. */
export abstract class Sheet {
  abstract readonly language: Language;
  /** The type of content in which the server takes it. */
  abstract readonly contentType: string;
  abstract readonly text: ScriptText;
  abstract readonly node: HTMLElement;
  abstract readonly templates: readonly SheetTemplate[];
  /** What it is called in sentences. */
  abstract readonly noun: string;
  /** The name under which it would be deployed, or null. */
  abstract readonly name: string | null;
  /** A text from before, until it is compared with what runs. */
  draft: string | null = null;
  loaded = false;
  /** What is here differs from what runs, and a person wrote it before. */
  differs = false;
  readonly #key: string;
  readonly #changed: () => void;
  /** What the page itself put here: a template, or what runs. */
  #given: string | null = null;

  constructor(key: string, changed: () => void) {
    this.#key = key;
    this.#changed = changed;
  }

  /** All that a person writes here, as one text. */
  protected abstract content: string;
  /** Puts all of it back, as if it had been there or as if a person did it. */
  protected abstract put(content: string, undo: boolean): void;
  /** What runs, as `content`; empty where it does not run in this language. */
  abstract contentOf(pipeline: PipelineJson): string;
  /** What is wrong before the server is asked, or null. */
  abstract refusal(): Refusal | null;
  abstract tidy(): Refusal | null;
  abstract placeOf(error: ErrorDetail): Range | null;
  /** What an error of the server is called. */
  abstract titleOf(error: RdxError): string;
  /** Whether two texts mean one thing to the person who wrote them. */
  protected abstract equal(a: string, b: string): boolean;
  /** What there is on the server: what is written may name it. */
  streams(_streams: readonly StreamJson[]): void {}

  /** Takes up what was written before; `runs`: there may be something to compare it with. */
  protected resume(runs: boolean): void {
    const kept = sessionStorage.getItem(this.#key);
    if (kept === null) return;
    this.loaded = true;
    if (runs) this.draft = kept;
    this.put(kept, false);
  }

  /** Puts in what nobody typed. `undo`: a person asked for it, and may want back what was there. */
  give(content: string, undo: boolean): void {
    this.loaded = true;
    this.differs = false;
    this.#given = content;
    this.put(content, undo);
    this.typed();
  }

  compare(draft: string, running: string): void {
    this.draft = null;
    this.#given = running;
    this.differs = !this.equal(draft, running);
  }

  /** Keeps what a person has typed, and only that. */
  protected typed(): void {
    if (this.content === this.#given) sessionStorage.removeItem(this.#key);
    else if (this.loaded) sessionStorage.setItem(this.#key, this.content);
    this.#changed();
  }

  /** What stands here now: `deployed` gets it back. */
  get mark(): string {
    return this.content;
  }

  /** What was here then is on the server: it is kept no longer, unless it has changed meanwhile. */
  deployed(mark: string): void {
    if (sessionStorage.getItem(this.#key) === mark) sessionStorage.removeItem(this.#key);
  }

  get hasKept(): boolean {
    return sessionStorage.getItem(this.#key) !== null;
  }

  /** Whether a pipeline can be called so. */
  protected nameRefusal(path: string, example: string): Refusal | null {
    if (this.name !== null && NAME_PATTERN.test(this.name)) return null;
    const reason = `A ${this.noun} needs a name: a letter or _, then letters, digits, _, . or -, as in ${example}`;
    return { title: `The ${this.noun} cannot be deployed`, errors: [{ path, reason }] };
  }

  /** What is wrong with its name, or null. */
  abstract unnamed(): Refusal | null;
}

/** `one mistake`, `3 mistakes`. */
export function mistakes(count: number): string {
  return count === 1 ? "one mistake" : `${count} mistakes`;
}
