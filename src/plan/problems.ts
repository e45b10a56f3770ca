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

const STEP = /\.?([A-Za-z_$][\w$]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** The longest beginning of `path` that leads somewhere in `root`: what is missing has no place of its own. */
export function existingPath(root: unknown, path: string): string {
  const step = new RegExp(STEP);
  let at = root, end = 0;
  for (let match = step.exec(path); match; match = step.exec(path)) {
    const name = match[1] ?? match[2] ?? JSON.parse(match[3]);
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) break;
    at = (at as Readonly<Record<string, unknown>>)[name];
    end = step.lastIndex;
  }
  return path.slice(0, end);
}

/** Everything that is wrong with one plan, in the order it was found, so that an author sees it all at once. */
export class Problems {
  readonly #details: ErrorDetail[] = [];
  #more = 0;

  /** `nodeIds` has the id of each node by its position, where there is one; paths are cut to what there is in `root`. */
  constructor(private readonly nodeIds: readonly (string | undefined)[] = [], private readonly root?: unknown) {}

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
    const path = this.root === undefined ? detail.path : existingPath(this.root, detail.path ?? "");
    const found = /^nodes\[(\d+)\]/.exec(detail.path ?? "");
    const node = detail.node ?? (found ? this.nodeIds[Number(found[1])] : undefined);
    const cut = path === undefined ? detail : { ...detail, path };
    this.#details.push(node === undefined ? cut : { node, ...cut });
  }
}
