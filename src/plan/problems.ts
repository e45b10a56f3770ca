import { type ErrorDetail, RdxError, reasonOf } from "../core/errors.ts";
import { PLAN_ERRORS_MAX } from "../core/limits.ts";

/** `path.name`, or `path["odd name"]` for names that are no identifiers. */
export function member(path: string, name: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

export function index(path: string, i: number): string {
  return `${path}[${i}]`;
}

/** Everything that is wrong with one plan, in the order it was found, so that an author sees it all at once. */
export class Problems {
  readonly #details: ErrorDetail[] = [];
  #more = 0;

  /** `nodeIds` has the id of each node by its position, where there is one. */
  constructor(private readonly nodeIds: readonly (string | undefined)[] = []) {}

  get count(): number {
    return this.#details.length + this.#more;
  }

  /** The first PLAN_ERRORS_MAX problems. */
  get details(): readonly ErrorDetail[] {
    return this.#details;
  }

  add(path: string, reason: string, hint?: string): void {
    this.#push({ path, reason, ...(hint === undefined ? {} : { hint }) });
  }

  /** Takes over what an RdxError says of the plan, and lets everything else pass. */
  addThrown(thrown: unknown, path: string): void {
    if (!(thrown instanceof RdxError) || thrown.code !== "invalid_plan") throw thrown;
    if (thrown.details.length === 0) this.add(path, reasonOf(thrown));
    for (const detail of thrown.details) this.#push({ ...detail, path: detail.path ?? path });
  }

  /** Throws RdxError("invalid_plan") with all problems as its details, if there are any. */
  throwIfAny(plan: string): void {
    const [first] = this.#details;
    if (!first) return;
    const at = [first.node, first.path].filter(Boolean).join(", ");
    const more = this.count === 1 ? "" : ` (and ${this.count - 1} more)`;
    const message = `Cannot use plan${plan === "" ? "" : ` ${plan}`}: ${
      at === "" ? "" : `${at}: `
    }${first.reason}${more}`;
    throw new RdxError("invalid_plan", message, this.#details);
  }

  #push(detail: ErrorDetail): void {
    if (this.#details.length >= PLAN_ERRORS_MAX) {
      this.#more++;
      return;
    }
    const found = /^nodes\[(\d+)\]/.exec(detail.path ?? "");
    const node = detail.node ?? (found ? this.nodeIds[Number(found[1])] : undefined);
    this.#details.push(node === undefined ? detail : { node, ...detail });
  }
}
