import { RdxError } from "../core/errors.ts";
import type { RenderOptions } from "../core/render.ts";
import type { View, ViewDelta, ViewQuery } from "../view.ts";
import type { Bounds } from "./bounds.ts";
import type { ServerContext } from "./context.ts";
import { deltaText } from "./deltas.ts";
import { type EventId, eventId, resumeSeq } from "./event_ids.ts";
import type { OpenSubscription } from "./open_windows.ts";
import { columnsJson, RangeRenderer, watermarkJson } from "./rows.ts";

export type LiveEventName = "snapshot" | "delta" | "open" | "heartbeat" | "error";

/** One message to a subscriber. */
export interface LiveEvent {
  readonly name: LiveEventName;
  /** Of those from which a subscriber can resume. */
  readonly id: string | null;
  /** JSON with the member `event`. */
  readonly data: string;
}

/** What a subscriber asked for. */
export interface LiveRequest {
  readonly view: string;
  /** Which rows it wants. The limit is that of the snapshot. */
  readonly query: ViewQuery;
  /** The last event that the subscriber has, or null. */
  readonly since: EventId | null;
  /** Whether windows that are still open come too. */
  readonly open: boolean;
  readonly rendering: RenderOptions;
}

/** Who follows a view. */
export interface LiveSubscriber {
  deliver(event: LiveEvent): void;
  /** The view went away. */
  fail(reason: unknown): void;
  /** Bytes that were delivered and that the network has not taken. */
  readonly waiting: number;
}

/** Characters that are delivered at once: in UTF-8 at most three bytes each, so that no subscriber is cut off at its start. */
export function liveCharactersMax({ subscriberBytesMax }: Bounds): number {
  return subscriberBytesMax / 4;
}

/**
 * Follows one view for one subscriber: a snapshot, or the deltas since the subscriber's last one, then each delta as it comes, and a
 * heartbeat; if it wants them, all open windows whenever they changed. When the view is replaced by a newer one of the same name, it begins
 * again with a snapshot.
 */
export class LiveFeed {
  readonly #server: ServerContext;
  readonly #request: LiveRequest;
  readonly #subscriber: LiveSubscriber;
  #view: View;
  #unsubscribe: () => void = () => {};
  #open: OpenSubscription | null = null;
  #cancelLook: () => void = () => {};
  #cancelBeat: () => void = () => {};
  #stopped = false;

  /** Throws RdxError("not_found"), or "unavailable" for a view that is about to come back. */
  constructor(server: ServerContext, request: LiveRequest, subscriber: LiveSubscriber) {
    this.#server = server;
    this.#request = request;
    this.#subscriber = subscriber;
    this.#view = server.engine.views.get(request.view);
  }

  /** Delivers what the subscriber lacks, and from then on all that comes: nothing is lost or doubled between the two. */
  start(): void {
    const { since, view, open, query, rendering } = this.#request;
    this.#follow(resumeSeq(this.#view, since));
    if (open && !this.#stopped) {
      this.#open = this.#server.openWindows.subscribe(view, { query, rendering }, (text) => this.#tellOpen(text));
      if (this.#stopped) this.#open.end();
    }
    this.#lookLater();
    this.#beatLater();
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    this.#open?.end();
    this.#cancelLook();
    this.#cancelBeat();
  }

  /** What is told takes the place of what was told before: whoever is slow gets the last, and not all. */
  #tellOpen(text: string): boolean {
    if (this.#stopped || this.#subscriber.waiting > this.#charactersMax()) return false;
    this.#deliver({ name: "open", id: null, data: text });
    return true;
  }

  #deliver(event: LiveEvent): void {
    this.#subscriber.deliver(event);
  }

  /** Subscribes behind what it delivers. Deltas that would fill the subscriber's bound by themselves give way to a snapshot. */
  #follow(since: number | null): void {
    const missed = since === null ? null : this.#view.since(since);
    const charactersMax = this.#charactersMax();
    let characters = 0;
    for (const delta of missed ?? []) {
      characters += this.#textOf(delta).length;
      if (characters > charactersMax) break;
    }
    if (missed === null || characters > charactersMax) this.#deliver(this.#snapshot());
    else for (const delta of missed) this.#delta(delta);
    if (this.#stopped) return;
    this.#unsubscribe = this.#view.subscribe((delta) => this.#delta(delta), () => this.#again());
  }

  /** No delta leads from what the subscriber has to what is there. */
  #again(): void {
    this.#unsubscribe();
    this.#follow(null);
    this.#open?.again();
  }

  #charactersMax(): number {
    return liveCharactersMax(this.#server.bounds);
  }

  #delta(delta: ViewDelta): void {
    if (this.#stopped) return;
    this.#deliver({ name: "delta", id: eventId(this.#view, delta.seq), data: this.#textOf(delta) });
  }

  #textOf(delta: ViewDelta): string {
    const { query, rendering } = this.#request, view = this.#view;
    return deltaText(view, isFiltered(query) ? view.narrow(delta, query) : delta, rendering);
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
    if (!isFiltered(query)) complete &&= rows.length === view.rows;
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
    return { name: "snapshot", id: eventId(view, seq), data: `${head.slice(0, -1)},"rows":[${rows.join()}]}` };
  }

  #lookLater(): void {
    if (this.#stopped) return;
    this.#cancelLook = this.#server.clock.after(this.#server.bounds.liveLookMs, () => {
      this.#current();
      this.#lookLater();
    });
  }

  #beatLater(): void {
    if (this.#stopped) return;
    this.#cancelBeat = this.#server.clock.after(this.#server.bounds.heartbeatMs, () => {
      this.#beat();
      this.#beatLater();
    });
  }

  #beat(): void {
    const current = this.#current();
    if (!current) return;
    const watermark = watermarkJson(current.watermark, this.#request.rendering.time);
    const data = JSON.stringify({ event: "heartbeat", seq: current.seq, watermark });
    this.#deliver({ name: "heartbeat", id: null, data });
  }

  /** The view as its name means it now, which the feed follows from here on; null: it is gone. */
  #current(): View | null {
    const current = this.#lookUp();
    if (current && current !== this.#view) {
      this.#view = current;
      this.#again();
    }
    return current;
  }

  #lookUp(): View | null {
    try {
      return this.#server.engine.views.get(this.#request.view);
    } catch (thrown) {
      this.stop();
      this.#subscriber.fail(
        thrown instanceof RdxError ? thrown : new RdxError("not_found", `View ${this.#request.view} is gone`),
      );
      return null;
    }
  }
}

function isFiltered({ key, from, to }: ViewQuery): boolean {
  return key !== undefined || from !== undefined || to !== undefined;
}
