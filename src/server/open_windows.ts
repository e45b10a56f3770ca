import type { Clock } from "../core/clock.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import type { RenderOptions } from "../core/render.ts";
import type { EngineService } from "../runtime/service.ts";
import type { RowRange } from "../sink.ts";
import type { Logger } from "../telemetry/log.ts";
import type { View, ViewQuery } from "../view.ts";
import { selectOpen } from "./open_rows.ts";
import { RangeRenderer, watermarkJson } from "./rows.ts";

/** Which open windows a subscriber wants, and how they are written. */
export interface OpenRequest {
  readonly query: ViewQuery;
  readonly rendering: RenderOptions;
}

/** Takes an `open` event's JSON; false: not now, as what came before is still on its way. */
export type TakeOpen = (text: string) => boolean;

/** A subscriber's share. */
export interface OpenSubscription {
  /** Delivers what is known once more, to a subscriber that forgot it. */
  again(): void;
  end(): void;
}

export interface OpenWindowsParts {
  readonly engine: EngineService;
  readonly clock: Clock;
  readonly log: Logger;
  /** Between two looks at one view. */
  readonly intervalMs: number;
  /** Characters of the rows of one event. */
  readonly charactersMax: number;
}

/**
 * The windows that are open now, told to all that follow them: the tasks of a view's pipeline are asked once in an interval, however many
 * subscribers there are, and not at all without one; each form (selection and notation) is written once for all that want it.
 */
export class OpenWindows {
  readonly #parts: OpenWindowsParts;
  readonly #views = new Map<string, WatchedView>();

  constructor(parts: OpenWindowsParts) {
    this.#parts = parts;
  }

  /** Calls `take` with all open windows soon, and again when they changed. */
  subscribe(view: string, request: OpenRequest, take: TakeOpen): OpenSubscription {
    let watched = this.#views.get(view);
    if (!watched) {
      watched = new WatchedView(view, this.#parts, () => this.#views.delete(view));
      this.#views.set(view, watched);
    }
    return watched.subscribe(request, take);
  }
}

/** What a view's tasks said last. */
interface Look {
  readonly view: View;
  readonly seq: number;
  readonly watermark: number;
  readonly ranges: readonly RowRange[];
}

/** One view, as long as somebody follows its open windows. */
class WatchedView {
  readonly #name: string;
  readonly #parts: OpenWindowsParts;
  readonly #left: () => void;
  readonly #forms = new Map<string, OpenForm>();
  #last: Look | null = null;
  #ended = false;
  #cancel: () => void = () => {};

  constructor(name: string, parts: OpenWindowsParts, left: () => void) {
    this.#name = name;
    this.#parts = parts;
    this.#left = left;
    void this.#look();
  }

  subscribe(request: OpenRequest, take: TakeOpen): OpenSubscription {
    const key = JSON.stringify(request);
    let form = this.#forms.get(key);
    if (!form) {
      this.#forms.set(key, form = new OpenForm(request, this.#parts.charactersMax));
      if (this.#last) form.update(this.#last);
    }
    const of = form, subscriber: Subscriber = { take, version: 0 };
    of.subscribers.add(subscriber);
    of.tell(subscriber);
    return {
      again: () => {
        subscriber.version = 0;
        of.tell(subscriber);
      },
      end: () => {
        of.subscribers.delete(subscriber);
        if (of.subscribers.size === 0 && this.#forms.get(key) === of) this.#forms.delete(key);
        if (this.#forms.size === 0) this.#end();
      },
    };
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancel();
    this.#left();
  }

  async #look(): Promise<void> {
    const { engine, clock, log, intervalMs } = this.#parts;
    try {
      const view = engine.views.get(this.#name), ranges = await engine.views.open(this.#name);
      this.#last = { view, seq: view.seq, watermark: view.watermark, ranges };
    } catch (thrown) {
      // A view that is gone is told by its feed; what else goes wrong may pass.
      if (!(thrown instanceof RdxError && thrown.code === "not_found")) {
        log.warn("Open windows cannot be read", { view: this.#name, reason: reasonOf(thrown) });
      }
    }
    if (this.#ended) return;
    for (const form of this.#forms.values()) {
      if (this.#last) form.update(this.#last);
      for (const subscriber of [...form.subscribers]) form.tell(subscriber);
    }
    this.#cancel = clock.after(intervalMs, () => void this.#look());
  }
}

interface Subscriber {
  readonly take: TakeOpen;
  /** The form's version that it has, 0 for none. */
  version: number;
}

/** One way to write the open windows of a view, for all that want it so. */
class OpenForm {
  readonly #request: OpenRequest;
  readonly #charactersMax: number;
  readonly subscribers = new Set<Subscriber>();
  #rows: string | null = null;
  #text = "";
  #version = 0;

  constructor(request: OpenRequest, charactersMax: number) {
    this.#request = request;
    this.#charactersMax = charactersMax;
  }

  /** Rows that are as before are no news, though the watermark moved. */
  update({ view, seq, watermark, ranges }: Look): void {
    const { rows, complete } = this.#write(view, ranges);
    if (rows === this.#rows) return;
    const at = JSON.stringify(watermarkJson(watermark, this.#request.rendering.time));
    this.#rows = rows;
    this.#text = `{"event":"open","seq":${seq},"watermark":${at},"complete":${complete},"rows":[${rows}]}`;
    this.#version++;
  }

  /** Gives a subscriber what it lacks. */
  tell(subscriber: Subscriber): void {
    const version = this.#version;
    if (subscriber.version !== version && subscriber.take(this.#text)) subscriber.version = version;
  }

  #write(view: View, ranges: readonly RowRange[]): { rows: string; complete: boolean } {
    const { query, rendering } = this.#request, rows: string[] = [];
    const found = selectOpen(view, ranges, { ...query, limit: query.limit + 1 });
    let characters = 0;
    for (const row of new RangeRenderer(view.columns, rendering).each(found)) {
      characters += row.length + 1;
      if (rows.length === query.limit || characters > this.#charactersMax) {
        return { rows: rows.join(), complete: false };
      }
      rows.push(row);
    }
    return { rows: rows.join(), complete: true };
  }
}
