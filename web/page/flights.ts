import { DAILY, FLIGHTS, HOURLY } from "../../examples/flights/plans.ts";
import type { Writer } from "../../src/client/rdx/types.ts";
import { reasonOf } from "../../src/core/errors.ts";
import { formatDuration, formatNumber } from "../model/format.ts";
import { Player } from "../page_model/player.ts";
import { apiPath, pathTo } from "../page_model/routes.ts";
import type { Ground } from "./app.ts";
import { el, setAttribute, setText, show } from "./dom.ts";

interface Flight {
  /** Epoch ms. */
  readonly ts: number;
}

interface Named {
  readonly name: string;
}

const has = (things: readonly Named[], name: string) => things.some((one) => one.name === name);

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

const STREAM = "flights", VIEW = "delays_daily", SHOWN = "y=flights", DRAW_MS = 100, WHOLE_MS = 60_000;

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
  readonly #ground: Ground;
  readonly #text = el("span", { class: "dock-text" });
  readonly #bar = el("progress", { max: 1, value: 0, "aria-label": "Flights played" });
  readonly #pause = el("button", { type: "button", click: () => this.#togglePause() });
  readonly #stop = el("button", { type: "button", click: () => this.#player?.stop() }, "Stop");
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
      el("span", { class: "row" }, this.#paces, this.#pause, this.#stop, this.#close),
    );
  }

  get running(): boolean {
    return this.#stage === "preparing" || this.#stage === "playing";
  }

  /** Declares the stream, deploys both plans and plays all flights; what was there under these names is deleted. */
  async start(pace: Pace): Promise<void> {
    if (this.running) return;
    this.pace = pace;
    this.#player = null;
    this.#become("preparing", "Getting the flights …");
    const drawing = setInterval(() => this.#draw(), DRAW_MS);
    try {
      const flights = await this.#ground.link.get<Flight[]>("/demo/flights.json");
      await this.#prepare();
      this.#ground.go(`${pathTo("view", VIEW)}?${SHOWN}`);
      await this.#play(flights);
    } catch (thrown) {
      this.#become("failed", `${reasonOf(thrown)}. The overview offers to start over.`);
    } finally {
      clearInterval(drawing);
    }
  }

  async #prepare(): Promise<void> {
    const { link } = this.#ground, plans = [HOURLY, DAILY];
    const { pipelines } = await link.get<{ pipelines: Named[] }>("/v1/pipelines");
    const { streams } = await link.get<{ streams: Named[] }>("/v1/streams");
    for (const { name } of plans) if (has(pipelines, name)) await link.request("DELETE", apiPath("pipelines", name));
    if (has(streams, STREAM)) await link.request("DELETE", apiPath("streams", STREAM));
    await link.request("PUT", apiPath("streams", STREAM), FLIGHTS);
    for (const plan of plans) await link.request("PUT", apiPath("pipelines", plan.name), plan);
  }

  async #play(flights: readonly Flight[]): Promise<void> {
    const { link } = this.#ground, { connect } = await loadClient();
    const token = link.token === null ? {} : { token: () => link.token! };
    const client = connect(link.origin, { ...token, fetch: link.fetch });
    const writer: Writer = await client.writer(STREAM);
    this.#count = flights.length;
    const player = this.#player = new Player<Flight>({
      rows: flights,
      timeOf: ({ ts }) => ts,
      write: (rows) => writer.write(rows as readonly Flight[] & readonly Record<string, unknown>[]),
      now: () => performance.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      wholeMs: this.pace.wholeMs,
    });
    this.#become("playing");
    try {
      const whole = await player.run();
      const { accepted } = await writer.close();
      if (!whole) {
        return this.#become("done", `Stopped after ${formatNumber(accepted)} flights; their stream stays open.`);
      }
      await link.request("POST", apiPath("streams", STREAM, "/end"));
      this.#become("done", `All ${formatNumber(accepted)} flights are in, and their stream has ended.`);
    } finally {
      await client.close().catch(() => {});
    }
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
    for (const one of [this.#paces, this.#pause, this.#stop]) show(one, playing);
    show(this.#close, !this.running);
    setAttribute(this.node, "data-tone", this.#stage === "failed" ? "bad" : null);
    setText(this.#pause, player?.paused ? "Go on" : "Pause");
    this.#bar.value = player && this.#count > 0 ? player.sent / this.#count : 0;
    if (playing && player) setText(this.#text, playingText(player, this.#count));
  }
}

function playingText(player: Player<Flight>, count: number): string {
  const time = new Date(player.timeMs).toISOString().slice(0, 16).replace("T", " ");
  const speed = Number.isFinite(player.speed) ? `, ${formatDuration(player.speed * 1000)} a second` : "";
  return `${time} · ${formatNumber(player.sent)} of ${formatNumber(count)}${player.paused ? ", paused" : speed}`;
}
