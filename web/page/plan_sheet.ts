import type { ErrorDetail, RdxError } from "../../src/core/errors.ts";
import type { PipelineJson } from "../page_model/answers.ts";
import { layoutJson, layoutText } from "../page_model/json_layout.ts";
import { type Range, valueOf } from "../page_model/json_text.ts";
import { findPlace } from "../page_model/plan_place.ts";
import { TEMPLATES } from "../page_model/templates.ts";
import { el } from "./dom.ts";
import { PlanText } from "./plan_text.ts";
import { mistakes, type Refusal, Sheet } from "./sheet.ts";

/** A pipeline as a plan in JSON, which holds its name. */
export class PlanSheet extends Sheet {
  readonly language = "json";
  readonly contentType = "application/json";
  readonly noun = "plan";
  readonly text = new PlanText(() => this.typed());
  readonly node: HTMLElement;
  readonly templates = TEMPLATES.map(({ title, make }) => ({ title, put: make }));

  constructor(pipeline: string | null, changed: () => void) {
    super(`rdx.editor.${pipeline ?? ""}`, changed);
    this.node = el("div", {}, this.text.node);
    this.resume(pipeline !== null);
  }

  get name(): string | null {
    const plan = this.text.tree && valueOf(this.text.tree);
    if (typeof plan !== "object" || plan === null || Array.isArray(plan)) return null;
    const { name } = plan as { name?: unknown };
    return typeof name === "string" ? name : null;
  }

  protected get content(): string {
    return this.text.text;
  }

  protected put(content: string, undo: boolean): void {
    if (undo) this.text.replace(content);
    else this.text.set(content);
  }

  contentOf({ plan }: PipelineJson): string {
    return layoutJson(plan);
  }

  protected equal(draft: string, running: string): boolean {
    return layoutText(draft) === running;
  }

  refusal(): Refusal | null {
    const { mistake, tree } = this.text;
    if (tree && tree.kind !== "object") {
      const reason = 'A plan is an object, as in { "rdx": 1, "name": "sales", "nodes": [] }';
      return { title: "The plan cannot be used", errors: [{ path: "", reason }] };
    }
    if (!mistake) return null;
    const { line, column, reason } = mistake;
    return { title: "The plan is no JSON yet", errors: [{ line, column, reason }] };
  }

  unnamed(): Refusal | null {
    return this.nameRefusal("name", '"name": "sales"');
  }

  tidy(): null {
    this.text.replace(layoutText(this.text.text));
    return null;
  }

  placeOf(error: ErrorDetail): Range | null {
    const { mistake, tree } = this.text;
    if (mistake) return { start: mistake.offset, end: mistake.offset + 1 };
    return tree && findPlace(tree, error);
  }

  titleOf({ message, details }: RdxError): string {
    return /^Cannot use plan/.test(message) ? `The plan was not deployed: it has ${mistakes(details.length)}` : message;
  }
}
