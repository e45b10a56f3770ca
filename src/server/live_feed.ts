import { RdxError } from "../core/errors.ts";
import type { RenderOptions } from "../core/render.ts";
import type { View, ViewDelta, ViewQuery } from "../view.ts";
import type { ServerContext } from "./context.ts";
import { deltaText } from "./deltas.ts";
import { columnsJson, RangeRenderer, watermarkJson } from "./rows.ts";

export type LiveEventName = "snapshot" | "delta" | "heartbeat" | "error";

/** One message to a subscriber. */
export interface LiveEvent {
  readonly name: LiveEventName;
  /** The view's seq after it, for those from which a subscriber can resume. */
  readonly seq: number | null;
  /** JSON with the member `event`. */
  readonly data: string;
}

/** What a subscriber asked for. */
export interface LiveRequest {
  readonly view: string;
  /** What the snapshot holds. */
  readonly query: ViewQuery;
  /** The last seq that the subscriber has, or null. */
  readonly since: number | null;
  readonly rendering: RenderOptions;
}

/**
 * Follows one view for one subscriber: a snapshot, or the deltas since the subscriber's last one, then each delta as it comes, and a
 * heartbeat. When the view is replaced by a newer one of the same name, it begins again with a snapshot.
 */
export class LiveFeed {
  readonly #server: ServerContext;
  readonly #request: LiveRequest;
  readonly #deliver: (event: LiveEvent) => void;
  readonly #fail: (reason: unknown) => void;
  #view: View;
  #unsubscribe: () => void = () => {};
  #cancelTimer: () => void = () => {};
  #stopped = false;

  /** Throws RdxError("not_found"). `fail` is called when the view goes away. */
  constructor(
    server: ServerContext,
    request: LiveRequest,
    deliver: (event: LiveEvent) => void,
    fail: (reason: unknown) => void,
  ) {
    this.#server = server;
    this.#request = request;
    this.#deliver = deliver;
    this.#fail = fail;
    this.#view = server.engine.views.get(request.view);
  }

  /** Delivers what the subscriber lacks, and from then on all that comes: nothing is lost or doubled between the two. */
  start(): void {
    const { since } = this.#request;
    this.#follow(since === null || since > this.#view.seq ? null : since);
    this.#beatLater();
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    this.#cancelTimer();
  }

  /** Subscribes behind what it delivers. Deltas that would fill the subscriber's bound by themselves give way to a snapshot. */
  #follow(since: number | null): void {
    const missed = since === null ? null : this.#view.since(since);
    const charactersMax = this.#charactersMax();
    let characters = 0;
    for (const delta of missed ?? []) {
      characters += deltaText(this.#view, delta, this.#request.rendering).length;
      if (characters > charactersMax) break;
    }
    if (missed === null || characters > charactersMax) this.#deliver(this.#snapshot());
    else for (const delta of missed) this.#delta(delta);
    if (!this.#stopped) this.#unsubscribe = this.#view.subscribe((delta) => this.#delta(delta));
  }

  /** Characters that are delivered at once: in UTF-8 at most three bytes each, so that no subscriber is cut off at its start. */
  #charactersMax(): number {
    return this.#server.bounds.subscriberBytesMax / 4;
  }

  #delta(delta: ViewDelta): void {
    if (this.#stopped) return;
    this.#deliver({ name: "delta", seq: delta.seq, data: deltaText(this.#view, delta, this.#request.rendering) });
  }

  #snapshot(): LiveEvent {
    const { rendering, query } = this.#request, view = this.#view, { watermark, seq, ranges } = view.query(query);
    const rows: string[] = [], charactersMax = this.#charactersMax();
    let characters = 0, complete = true;
    for (const row of new RangeRenderer(view.columns, rendering).each(ranges)) {
      characters += row.length + 1;
      if (characters > charactersMax) {
        complete = false;
        break;
      }
      rows.push(row);
    }
    const filtered = query.key !== undefined || query.from !== undefined || query.to !== undefined;
    if (!filtered) complete &&= rows.length === view.rows;
    else if (rows.length === query.limit) complete = false;
    const head = JSON.stringify({
      event: "snapshot",
      view: view.name,
      seq,
      watermark: watermarkJson(watermark, rendering.time),
      complete,
      keys: view.keys,
      columns: columnsJson(view.columns),
    });
    return { name: "snapshot", seq, data: `${head.slice(0, -1)},"rows":[${rows.join()}]}` };
  }

  #beatLater(): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#server.clock.after(this.#server.bounds.heartbeatMs, () => {
      this.#beat();
      this.#beatLater();
    });
  }

  #beat(): void {
    const current = this.#lookUp();
    if (!current) return;
    if (current !== this.#view) {
      this.#unsubscribe();
      this.#view = current;
      this.#follow(null);
    }
    const watermark = watermarkJson(current.watermark, this.#request.rendering.time);
    const data = JSON.stringify({ event: "heartbeat", seq: current.seq, watermark });
    this.#deliver({ name: "heartbeat", seq: null, data });
  }

  #lookUp(): View | null {
    try {
      return this.#server.engine.views.get(this.#request.view);
    } catch (thrown) {
      this.stop();
      this.#fail(thrown instanceof RdxError ? thrown : new RdxError("not_found", `View ${this.#request.view} is gone`));
      return null;
    }
  }
}
