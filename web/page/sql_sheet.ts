import type { ErrorDetail, RdxError } from "../../src/core/errors.ts";
import type { PipelineJson, StreamJson } from "../page_model/answers.ts";
import { quoteAlways, SQL_TEMPLATES } from "../page_model/sql_templates.ts";
import type { Range } from "../page_model/json_text.ts";
import { offsetOf, type SqlCatalogue, type SqlTools } from "../page_model/sql_tools.ts";
import type { TemplateStream } from "../page_model/templates.ts";
import { el } from "./dom.ts";
import type { Link } from "./link.ts";
import { mistakes, type Refusal, Sheet } from "./sheet.ts";
import { SqlText } from "./sql_text.ts";

/** The bundle of the language: whoever writes no SQL does not load it. */
const TOOLS = "/assets/rdx-sql.js";

async function loadTools(): Promise<SqlTools> {
  const path: string = TOOLS, { tools } = await import(path) as { tools: SqlTools };
  return tools;
}

interface CatalogJson {
  readonly streams: SqlCatalogue["tables"];
  readonly functions: SqlCatalogue["functions"];
}

/** A pipeline as a script of SQL, with its name beside it. */
export class SqlSheet extends Sheet {
  readonly language = "sql";
  readonly contentType = "application/sql";
  readonly noun = "script";
  readonly text = new SqlText(() => this.typed());
  readonly node: HTMLElement;
  readonly templates = SQL_TEMPLATES.map(({ make, ...about }) => ({
    ...about,
    put: (stream: TemplateStream, there: boolean) => {
      const { name, text } = make(stream, this.#tools?.quote ?? quoteAlways, there);
      return `${name}\n${this.#tools?.tidy(text) ?? text}`;
    },
  }));
  readonly #link: Link;
  readonly #name = el("input", {
    id: "sql-name",
    class: "mono",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    maxlength: 128,
    input: () => this.typed(),
  });
  #tools: SqlTools | null = null;
  #asked = false;
  /** Names and versions of the streams that completion knows. */
  #known = "";

  constructor(pipeline: string | null, link: Link, changed: () => void) {
    super(`rdx.sql.${pipeline ?? ""}`, changed);
    this.#link = link;
    const name = el("span", { class: "field" }, el("label", { for: "sql-name" }, "Name of the pipeline"), this.#name);
    this.node = el("div", { class: "stack-small" }, name, this.text.node);
    this.resume(pipeline !== null);
  }

  get name(): string | null {
    return this.#name.value === "" ? null : this.#name.value;
  }

  /** Loads what the editor is made of. Without it SQL can be written all the same: the next look at the server tries again. */
  async load(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    try {
      this.#tools = await loadTools();
      this.text.use(this.#tools);
    } catch {
      this.#asked = false;
    }
  }

  override streams(streams: readonly StreamJson[]): void {
    const known = JSON.stringify(streams.map(({ name, schema_version }) => [name, schema_version]));
    if (known === this.#known) return;
    this.#known = known;
    void this.#learn();
  }

  async #learn(): Promise<void> {
    try {
      const text = await this.#link.text("/v1/catalog", {
        cache: "no-cache",
        headers: { accept: "application/json" },
      });
      const { streams, functions } = JSON.parse(text) as CatalogJson;
      this.text.know({ tables: streams, functions });
    } catch {
      // Completion lacks names until the next look at the server.
      this.#known = "";
    }
  }

  protected get content(): string {
    return `${this.#name.value}\n${this.text.text}`;
  }

  protected put(content: string, undo: boolean): void {
    const end = content.indexOf("\n"), text = content.slice(end + 1);
    this.#name.value = content.slice(0, end);
    if (undo) this.text.replace(text);
    else this.text.set(text);
  }

  contentOf({ name, sql }: PipelineJson): string {
    // As a text area has it.
    return `${name}\n${(sql ?? "").replace(/\r\n?/g, "\n")}`;
  }

  protected equal(draft: string, running: string): boolean {
    return draft === running;
  }

  refusal(): null {
    return null;
  }

  unnamed(): Refusal | null {
    return this.nameRefusal("Name of the pipeline", "sales");
  }

  tidy(): Refusal | null {
    const { text } = this.text;
    if (!this.#tools) return { title: "What tidies SQL is not loaded yet", errors: [] };
    const tidied = this.#tools.tidy(text);
    if (tidied !== null) this.text.replace(tidied);
    else return { title: "Only a script without mistakes can be tidied", errors: this.#tools.mistakes(text) };
    return null;
  }

  /** The server tells where an error begins: the piece of text there is marked. */
  placeOf({ line, column }: ErrorDetail): Range | null {
    const { text } = this.text;
    if (line === undefined || column === undefined) return null;
    const start = offsetOf(text, line, column), piece = this.#tools?.pieces(text).find(({ end }) => end > start);
    return { start, end: Math.max(piece && piece.class !== "space" ? piece.end : start + 1, start + 1) };
  }

  titleOf({ message, details }: RdxError): string {
    if (!/^Cannot read the SQL/.test(message)) return message;
    return `The script cannot be deployed: it has ${mistakes(details.length)}`;
  }
}
