import type { Writer, WriterStatus } from "../../src/client/rdx/types.ts";
import { RdxError, reasonOf } from "../../src/core/errors.ts";
import { setAttribute, setText } from "../components/dom.ts";
import { formatDuration, formatNumber } from "../model/format.ts";
import { Player } from "../page_model/player.ts";
import { apiPath, pathTo } from "../page_model/routes.ts";
import type { Ground } from "./app.ts";
import { el, show } from "./dom.ts";
import { flightsStand, flightsThere, lossOf, prepareFlights, removeStray, STREAM } from "./flights_there.ts";
import { GIVE_UP_MS } from "./link.ts";
import { confirmed, sentence as asSentence } from "./parts.ts";

interface Flight {
  /** Epoch ms. */
  readonly ts: number;
}

export interface Pace {
  readonly title: string;
  /** How long all flights take, ms; 0: as fast as it goes. */
  readonly wholeMs: number;
}

export const PACES: readonly Pace[] = [
  { title: "about 5 minutes", wholeMs: 300_000 },
  { title: "about a minute", wholeMs: 60_000 },
  { title: "about 15 seconds", wholeMs: 15_000 },
  { title: "no time: as fast as it goes", wholeMs: 0 },
];

const VIEW = "delays_daily", SHOWN = "y=flights", DRAW_MS = 100, WHOLE_MS = 60_000;
/** By then a server has taken what was on its way when the connection ended. */
const SETTLED_MS = 500;
/** After so long a server that did not say whether it has the flights is asked again. */
const ASK_AGAIN_MS = 1000;

/** The client's bundle is loaded when it is needed: the page alone stays small. */
const CLIENT = "/assets/rdx-client.js";

async function loadClient(): Promise<typeof import("../../src/client/rdx/mod.ts")> {
  const path: string = CLIENT;
  return await import(path);
}

type Stage = "idle" | "preparing" | "playing" | "done" | "failed";

/** Loads the real flights and plays them in event time. Its controls stay at the foot of every page while it does. */
export class Flights {
  readonly node: HTMLElement;
  pace = PACES.find(({ wholeMs }) => wholeMs === WHOLE_MS)!;
  #stage: Stage = "idle";
  #player: Player<Flight> | null = null;
  #count = 0;
  /** Why nothing is sent at the moment; null while rows go out. */
  #waits: string | null = null;
  /** The player rests for want of the server, not because a person paused it. */
  #held = false;
  /** How often the connection came or went. */
  #turns = 0;
  #checked: Promise<void> = Promise.resolve();
  /** The server has lost what the play fills. */
  #lost = false;
  #ending = new AbortController();
  readonly #ground: Ground;
  readonly #text = el("span", { class: "dock-text" });
  readonly #bar = el("progress", { max: 1, value: 0, "aria-label": "Flights played" });
  readonly #pause = el("button", { type: "button", click: () => this.#togglePause() });
  readonly #stop = el("button", { type: "button", click: () => this.#stopNow() }, "Stop");
  readonly #over = el("button", { type: "button", click: () => void this.start(this.pace) }, "Start over");
  readonly #close = el("button", { type: "button", click: () => this.#become("idle") }, "Close");
  readonly #paces = el(
    "select",
    { "aria-label": "How long all flights take", change: () => this.#setPace() },
    PACES.map(({ title }) => el("option", {}, title)),
  );

  constructor(ground: Ground) {
    this.#ground = ground;
    this.node = el(
      "aside",
      { class: "dock", "aria-label": "Flights", hidden: true },
      el("strong", {}, "Flights"),
      this.#bar,
      this.#text,
      el("span", { class: "row" }, this.#paces, this.#pause, this.#stop, this.#over, this.#close),
    );
  }

  get running(): boolean {
    return this.#stage === "preparing" || this.#stage === "playing";
  }

  /** Declares the stream, deploys both plans and plays all flights; what is there under these names is deleted when a person agrees. */
  async start(pace: Pace): Promise<void> {
    if (this.running) return;
    this.pace = pace;
    this.#player = null;
    this.#become("preparing", "Getting the flights …");
    const drawing = setInterval(() => this.#draw(), DRAW_MS);
    try {
      const { link } = this.#ground, there = await flightsThere(link), loss = lossOf(there);
      if (loss !== null && !await confirmed("Start the flights over?", loss, "Delete and play")) {
        return this.#become("idle");
      }
      const flights = await link.get<Flight[]>("/demo/flights.json");
      await prepareFlights(link, there);
      this.#ground.go(`${pathTo("view", VIEW)}?${SHOWN}`);
      await this.#play(flights);
    } catch (thrown) {
      this.#become("failed", asSentence(reasonOf(thrown)));
    } finally {
      clearInterval(drawing);
    }
  }

  async #play(flights: readonly Flight[]): Promise<void> {
    const { link } = this.#ground, { connect } = await loadClient();
    this.#ending = new AbortController();
    this.#waits = null;
    this.#held = this.#lost = false;
    this.#turns = 0;
    this.#checked = Promise.resolve();
    const token = link.token === null ? {} : { token: () => link.token! };
    const client = connect(link.origin, { ...token, fetch: link.fetch, signal: this.#ending.signal });
    const writer: Writer = await client.writer(STREAM, { onStatus: (status) => this.#hear(status) });
    this.#count = flights.length;
    this.#player = new Player<Flight>({
      rows: flights,
      timeOf: ({ ts }) => ts,
      write: (rows) => writer.write(rows as readonly Flight[] & readonly Record<string, unknown>[]),
      now: () => performance.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      wholeMs: this.pace.wholeMs,
    });
    this.#become("playing");
    try {
      await this.#playWith(this.#player, writer);
    } catch (thrown) {
      if (!this.#ending.signal.aborted) throw thrown;
      if (!this.#lost) return this.#become("done", stoppedText(writer.counts.accepted));
      await client.close().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
      await removeStray(link, this.#player.sent).catch(() => {});
      throw new RdxError("not_found", "The server has started anew without the flights, so the play has ended");
    } finally {
      await client.close().catch(() => {});
      this.#ending.abort();
    }
  }

  async #playWith(player: Player<Flight>, writer: Writer): Promise<void> {
    const whole = await player.run();
    this.#ending.signal.throwIfAborted();
    const { accepted } = await writer.close();
    await this.#checked;
    this.#ending.signal.throwIfAborted();
    if (!whole) return this.#become("done", stoppedText(accepted));
    await this.#ground.link.request("POST", apiPath("streams", STREAM, "/end"));
    this.#become("done", `All ${formatNumber(accepted)} flights are in, and their stream has ended.`);
  }

  #hear(status: WriterStatus): void {
    if (status.kind === "waiting") {
      this.#turns++;
      this.#hold(status.reason);
    } else if (status.kind === "connected") {
      const isFirst = this.#turns++ === 0;
      // Of a play that begins nothing is said, for nothing waits.
      if (!isFirst) this.#hold("The server is asked whether it still has the flights");
      this.#checked = this.#check();
    }
  }

  /**
   * Behind any connection, the first too, there may be another server than the one that was prepared: one that makes a stream of the same name, which nobody reads. A
   * server that cannot say it is asked again, for as long as the connection stays.
   */
  async #check(): Promise<void> {
    const turn = this.#turns, { signal } = this.#ending;
    const isCurrent = () => turn === this.#turns && !signal.aborted;
    while (isCurrent()) {
      try {
        const stand = await flightsStand(this.#ground.link, AbortSignal.timeout(GIVE_UP_MS));
        if (!isCurrent()) return;
        return stand ? this.#goOn() : this.#lose();
      } catch (thrown) {
        if (!isCurrent()) return;
        this.#hold(reasonOf(thrown));
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
    }
  }

  #lose(): void {
    this.#lost = true;
    this.#player?.stop();
    this.#ending.abort();
  }

  /** Event time stands still while nothing can be sent. */
  #hold(reason: string): void {
    if (this.#waits === null) this.#ground.announce("The flights wait for the server.");
    this.#waits = reason;
    if (!this.#player || this.#player.paused) return;
    this.#player.pause();
    this.#held = true;
  }

  #goOn(): void {
    if (this.#waits === null) return;
    this.#waits = null;
    if (this.#held) this.#player?.resume();
    this.#held = false;
    this.#ground.announce("The flights go on.");
  }

  /** What waits for a server that is away is given up. */
  #stopNow(): void {
    this.#player?.stop();
    if (this.#waits !== null) this.#ending.abort();
  }

  #togglePause(): void {
    if (this.#player?.paused) this.#player.resume();
    else this.#player?.pause();
    this.#draw();
  }

  #setPace(): void {
    this.pace = PACES[this.#paces.selectedIndex];
    if (this.#player) this.#player.wholeMs = this.pace.wholeMs;
  }

  #become(stage: Stage, sentence = ""): void {
    this.#stage = stage;
    setText(this.#text, sentence);
    if (sentence !== "") this.#ground.announce(sentence);
    this.#paces.selectedIndex = PACES.indexOf(this.pace);
    this.#draw();
    this.#ground.refresh();
  }

  #draw(): void {
    const playing = this.#stage === "playing", player = this.#player;
    show(this.node, this.#stage !== "idle");
    const waits = playing ? this.#waits : null, failed = this.#stage === "failed";
    for (const one of [this.#paces, this.#pause]) show(one, playing && waits === null);
    show(this.#stop, playing);
    show(this.#over, failed);
    show(this.#close, !this.running);
    setAttribute(this.node, "data-tone", failed ? "bad" : waits !== null ? "warn" : null);
    setText(this.#pause, player?.paused ? "Go on" : "Pause");
    this.#bar.value = player && this.#count > 0 ? player.sent / this.#count : 0;
    if (waits !== null) setText(this.#text, `Waits. ${asSentence(waits)}`);
    else if (playing && player) setText(this.#text, playingText(player, this.#count));
  }
}

function stoppedText(accepted: number): string {
  return `Stopped after ${formatNumber(accepted)} flights; their stream stays open.`;
}

function playingText(player: Player<Flight>, count: number): string {
  const time = new Date(player.timeMs).toISOString().slice(0, 16).replace("T", " ");
  const speed = Number.isFinite(player.speed) ? ` · ${formatDuration(player.speed * 1000)}/s` : "";
  return `${time} · ${formatNumber(player.sent)} of ${formatNumber(count)}${player.paused ? ", paused" : speed}`;
}
