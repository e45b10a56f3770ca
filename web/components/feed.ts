/*
 * Elements of one page that show the same view share one connection: browsers open six to a server at most, and each event is read once. Those that
 * come in one turn of the page share; whoever comes later has a connection of its own, since a view's changes begin with a snapshot.
 */
import { RdxError, reasonOf } from "../../src/core/errors.ts";
import { live } from "../../src/client/rdx/live.ts";
import type { LiveChange } from "../../src/client/rdx/types.ts";
import type { Source } from "../model/source.ts";
import { addressOf, errorOf } from "./servers.ts";

/** Views of one server that come as event streams; further ones come by WebSockets. Other tabs have theirs, and requests need some of the six, too. */
const STREAMS_MAX = 2;
/** Event streams that are open, by server. */
const streams = new Map<string, number>();

/** Events are handled for so long before the page gets a turn. */
const SLICE_MS_MAX = 8;

export interface Follower {
  /** Whether it wants to see windows that are not closed yet. */
  readonly open: boolean;
  /** Rows that it wants of a snapshot; null for as many as the server gives. */
  readonly limit: number | null;
  change(change: LiveChange): void;
  /** What waiting does not heal ended it. */
  fail(error: RdxError): void;
}

interface Feed {
  readonly followers: Set<Follower>;
  readonly controller: AbortController;
}

/** Feeds that have not begun yet. */
const forming = new Map<string, Feed>();

/** Hands every change of a view to `follower` until the signal aborts or it fails. */
export function follow(source: Source, token: string | null, follower: Follower, signal: AbortSignal): void {
  if (signal.aborted) return;
  const id = JSON.stringify([source.base, source.name, source.keys, token]);
  let feed = forming.get(id);
  if (!feed) {
    const fresh: Feed = feed = { followers: new Set(), controller: new AbortController() };
    forming.set(id, fresh);
    setTimeout(() => {
      // When all have left, another of the same name may be forming.
      if (fresh.controller.signal.aborted) return;
      forming.delete(id);
      void pump(source, token, fresh);
    });
  }
  const joined = feed, { followers, controller } = joined;
  followers.add(follower);
  signal.addEventListener("abort", () => {
    followers.delete(follower);
    if (followers.size > 0) return;
    controller.abort();
    if (forming.get(id) === joined) forming.delete(id);
  }, { once: true });
}

async function pump(
  { base, name, keys }: Source,
  token: string | null,
  { followers, controller }: Feed,
): Promise<void> {
  const wanted = [...followers], limits = wanted.map(({ limit }) => limit);
  const open = streams.get(base) ?? 0, transport = open < STREAMS_MAX ? "events" as const : "socket" as const;
  if (transport === "events") streams.set(base, open + 1);
  const options = {
    transport,
    time: "ms" as const,
    signal: controller.signal,
    ...(keys.length > 0 ? { key: keys } : {}),
    ...(wanted.some(({ open }) => open) ? { open: true } : {}),
    ...(limits.includes(null) ? {} : { limit: Math.max(...limits as number[]) }),
  };
  try {
    let started = performance.now();
    for await (const change of live(addressOf(base, token), name, options)) {
      for (const follower of followers) if (change.kind !== "open" || follower.open) hand(change, follower, followers);
      if (performance.now() - started < SLICE_MS_MAX) continue;
      await nextTurn();
      started = performance.now();
    }
    // Whoever is still there tries again.
    throw new RdxError("internal", `The changes of view ${name} ended`);
  } catch (thrown) {
    for (const follower of followers) follower.fail(errorOf(thrown));
  } finally {
    if (transport === "events") streams.set(base, streams.get(base)! - 1);
  }
}

/** A follower that cannot take a change is dropped: the others go on. */
function hand(change: LiveChange, follower: Follower, followers: Set<Follower>): void {
  try {
    follower.change(change);
  } catch (thrown) {
    followers.delete(follower);
    reportError(thrown);
    follower.fail(new RdxError("invalid", `Cannot show what the view has sent: ${reasonOf(thrown)}`));
  }
}

/** Lets the page draw and take clicks. */
function nextTurn(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  return scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
}
