/** The page of the bench: one contestant at a time keeps a grouped table of the same feed, and a picture of it in the document. */
import { arquero } from "./arquero.ts";
import type { Contestant, Picture } from "./contestant.ts";
import { type Feed, type FeedSize, makeFeed, type Update } from "./feed.ts";
import { perspective } from "./perspective.ts";
import { rdx } from "./rdx.ts";
import { rxjs } from "./rxjs.ts";

const CONTESTANTS: Record<string, () => Promise<Contestant> | Contestant> = { rdx, perspective, arquero, rxjs };
/** Single updates whose time to the picture is taken, and their rows. */
const SINGLES = 9, SINGLE_ROWS = 100;

export interface RunResult {
  /** From the first update to the picture that has all of them. */
  readonly seconds: number;
  /** Median from a single update to the frame whose picture has it. */
  readonly pictureMs: number;
  readonly pictures: number;
  readonly count: number;
  readonly sum: number;
}

declare global {
  var runContestant: (name: string, size: FeedSize) => Promise<RunResult>;
}

const feeds = new Map<string, Feed>();

function feedOf(size: FeedSize): Feed {
  const name = JSON.stringify(size), feed = feeds.get(name) ?? makeFeed(size);
  feeds.set(name, feed);
  return feed;
}

const body = document.querySelector("tbody")!;

function draw({ top }: Picture): void {
  body.replaceChildren(...top.map((shown) => {
    const row = document.createElement("tr");
    for (const value of [shown.key, shown.count, shown.sum]) {
      row.append(Object.assign(document.createElement("td"), { textContent: value.toLocaleString("en-US") }));
    }
    return row;
  }));
}

const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));

/** Draws pictures, one a frame at most, until one has `count` rows; returns it and how many there were. */
async function drawUntil(contestant: Contestant, count: number): Promise<{ picture: Picture; pictures: number }> {
  for (let pictures = 1;; pictures++) {
    const picture = await contestant.picture();
    draw(picture);
    await frame();
    if (picture.count === count) return { picture, pictures };
    if (picture.count > count) throw new Error(`A picture has ${picture.count} rows, ${count} were sent`);
  }
}

async function sendAll(contestant: Contestant, updates: readonly Update[]): Promise<void> {
  for (const [i, update] of updates.entries()) {
    await contestant.update(update);
    // Whoever works in this thread lets the page draw now and then.
    if (i % 16 === 15) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

globalThis.runContestant = async (name, size) => {
  const { load, updates } = feedOf(size), contestant = await CONTESTANTS[name]();
  await contestant.update(load);
  await drawUntil(contestant, size.keys);
  const all = size.keys + size.rows, start = performance.now();
  const sending = sendAll(contestant, updates), { picture, pictures } = await drawUntil(contestant, all);
  const seconds = (performance.now() - start) / 1000;
  await sending;
  const singles = makeFeed({ keys: size.keys, rows: SINGLES * SINGLE_ROWS, updateRows: SINGLE_ROWS }).updates;
  const times: number[] = [];
  for (const [i, update] of singles.entries()) {
    const sent = performance.now();
    await contestant.update(update);
    await drawUntil(contestant, all + (i + 1) * SINGLE_ROWS);
    times.push(performance.now() - sent);
  }
  await contestant.close();
  const pictureMs = times.sort((a, b) => a - b)[times.length >> 1];
  return { seconds, pictureMs, pictures, count: picture.count, sum: picture.sum };
};
