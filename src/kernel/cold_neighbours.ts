import { COLD_LENT_SHARE_MAX, COLD_SHARED_BYTES } from "../core/limits.ts";
import type { Kernel } from "./module.ts";

/** What of the bound is left, by all together, for those that are not at work; and how many asks one is left out that has given little. */
const SPARE_SHARE_MAX = 0.5, SKIPS_MAX = 256;

/** No bound. */
export const UNBOUND = 2 ** 32 - 1;

/** An operator, or a part of one, whose rows can leave the memory that it shares with others of its task. */
export abstract class Neighbour {
  readonly kernel: Kernel;
  /** What came out of it last may be in use: nothing of it may leave for others. */
  atWork = false;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    kernel.neighbours.add(this);
  }

  /** Bytes of state that it has in memory. */
  abstract readonly stateBytes: number;

  /** Lets rows leave until the bound leaves so many bytes, or all have left that can; it is not at work. */
  abstract giveRoom(bytes: number): void;

  /** Results come out of its own accord now: there is room for what they lead to. */
  start(): void {
    this.kernel.neighbours.begin(this, 0);
    this.atWork = true;
  }

  close(): void {
    this.kernel.neighbours.remove(this);
  }
}

/** How a neighbour has answered. */
interface Answers {
  skips: number;
  left: number;
}

/**
 * Whose rows can leave memory in a task. Operators run depth first, so that whatever is in front of one that is at work cannot give anything then: each
 * leaves some room for those that are not at work, among them all that are behind it, before it begins. Whoever has most in memory gives first.
 */
export class ColdNeighbours {
  readonly #kernel: Kernel;
  readonly #all = new Map<Neighbour, Answers>();
  /** None gives anything while rows are restored: they are in nothing yet. */
  restoring = false;
  /** The bound is passed at the moment. */
  #lent = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  add(one: Neighbour): void {
    this.#all.set(one, { skips: 0, left: 0 });
  }

  remove(one: Neighbour): void {
    this.#all.delete(one);
  }

  /** Bytes that the bound leaves. */
  get #room(): number {
    return this.#kernel.fn("state_room")() >>> 0;
  }

  /** Bytes that one who begins to work leaves for the others. */
  shareOf(one: Neighbour): number {
    const count = this.#all.size;
    if (count < 2 || this.restoring) return 0;
    let others = 0;
    for (const other of this.#all.keys()) if (other !== one && !other.atWork) others++;
    return Math.min(this.#kernel.stateBytesMax * SPARE_SHARE_MAX / count, COLD_SHARED_BYTES) * others;
  }

  /** One is about to work, that takes so many bytes: there is room for the others, too, as far as rows can leave. */
  begin(one: Neighbour, bytes: number): void {
    if (this.#lent) this.#kernel.limitState(this.#kernel.stateBytesMax);
    this.#lent = false;
    const share = this.shareOf(one);
    if (share > 0 && this.#room < share + bytes) this.#ask(one, share + bytes, false);
  }

  /** One lacks room, and nothing of its own can leave: others make it until there are so many bytes, or there is none to be made. */
  help(one: Neighbour, bytes: number): void {
    if (this.#all.size > 1 && !this.restoring && this.#room < bytes) this.#ask(one, bytes, true);
  }

  /**
   * The same for what cannot be done with less. Where the others that have the memory are at work, the bound is passed by COLD_LENT_SHARE_MAX of it at most,
   * and by as much (COLD_SHARED_BYTES at most) for each further one at work, which may have taken what was lent before; who begins next makes good for it.
   * Whether there are so many bytes now.
   */
  insist(one: Neighbour, bytes: number): boolean {
    this.help(one, bytes);
    const lacks = bytes - this.#room, bound = this.#kernel.stateBytesMax;
    if (lacks <= 0) return true;
    const held = [...this.#all.keys()].filter((other) => other !== one && other.atWork).length;
    const over = this.#kernel.fn("state_bytes")() + bytes - bound, lent = bound * COLD_LENT_SHARE_MAX;
    if (held === 0 || over > lent + (held - 1) * Math.min(lent, COLD_SHARED_BYTES)) return false;
    this.#kernel.fn("state_limit")(Math.min(UNBOUND, bound + over));
    this.#lent = true;
    return true;
  }

  /** The largest first. `presses`: also those that gave little, but not the one that asks. */
  #ask(one: Neighbour, bytes: number, presses: boolean): void {
    const able = [...this.#all].filter(([other]) => other === one ? !presses : !other.atWork);
    const sorted = able.map(([other, answers]) => ({ other, answers, has: other.stateBytes }));
    sorted.sort((a, b) => b.has - a.has);
    for (const { other, answers, has } of sorted) {
      const before = this.#room;
      if (before >= bytes) return;
      if (has === 0 || (!presses && answers.left-- > 0)) continue;
      other.giveRoom(bytes);
      // It would be gone through each time
      const gave = this.#room - before, little = gave < Math.min(bytes - before, has) / 2;
      answers.skips = little ? Math.min(SKIPS_MAX, 2 * answers.skips + 1) : 0;
      answers.left = answers.skips;
    }
  }
}
