import type { View } from "../view.ts";

/*
 * Ids of a live view's events: the seq, and which of the views that have had this name it belongs to. After a restart or a new deploy the numbers begin again, so
 * that an old one may be a valid one too.
 *
 *   id: 4711.k3v9x2        since=4711 without the second part: the seq of whatever view has the name now
 */
const PATTERN = /^(\d{1,16})(?:\.([a-z0-9]{1,16}))?$/;
const TAG_CHARS = 8;

/** From which event a subscriber wants to go on. */
export interface EventId {
  readonly seq: number;
  /** Null: in any view of the name. */
  readonly tag: string | null;
}

const tags = new WeakMap<View, string>();

function tagOf(view: View): string {
  let tag = tags.get(view);
  if (tag === undefined) tags.set(view, tag = crypto.randomUUID().replaceAll("-", "").slice(0, TAG_CHARS));
  return tag;
}

/** The id of the event after which the view has the seq. */
export function eventId(view: View, seq: number): string {
  return `${seq}.${tagOf(view)}`;
}

/** Null for what is no such id. */
export function readEventId(text: string): EventId | null {
  const match = PATTERN.exec(text);
  return match && { seq: Number(match[1]), tag: match[2] ?? null };
}

/** The seq behind which to go on, or null where only a snapshot will do. */
export function resumeSeq(view: View, since: EventId | null): number | null {
  if (since === null || since.seq > view.seq) return null;
  return since.tag === null || since.tag === tagOf(view) ? since.seq : null;
}
