import { type Head, readHead } from "./head.ts";

/** A head of a request that brings rows, and where in it the digits are that say how many bytes of them. */
interface Known {
  readonly head: Head;
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

const ZERO = 48, NINE = 57;
const LENGTH_LINE = /\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n/i;
const decoder = new TextDecoder();

/**
 * Reads the heads of one connection. Those of a client are nearly always alike but for the length of the body: such a one, byte for byte the same as that before it and with as
 * many digits, says the same, and is not read anew.
 */
export class Heads {
  #known: Known | null = null;

  /** As `readHead`. */
  read(bytes: Uint8Array): Head | "part" | "other" {
    const known = this.#known, bodyBytes = known ? lengthLike(known, bytes) : -1;
    if (bodyBytes >= 0) return { ...known!.head, bodyBytes };
    const head = readHead(bytes);
    if (typeof head !== "string" && head.method === "POST") this.#known = know(head, bytes);
    return head;
  }
}

function know(head: Head, all: Uint8Array): Known {
  // A head has one such line, and ASCII alone: characters are bytes.
  const bytes = all.slice(0, head.length), match = LENGTH_LINE.exec(decoder.decode(bytes))!;
  const from = match.index + match[0].search(/\d/);
  return { head, bytes, from, to: from + match[1].length };
}

/** The length that `bytes` tell if they begin with the head that is known, but for the digits of that; else −1. */
function lengthLike({ bytes: known, from, to }: Known, bytes: Uint8Array): number {
  if (bytes.length < known.length) return -1;
  let length = 0;
  for (let i = 0; i < known.length; i++) {
    const byte = bytes[i];
    if (i >= from && i < to) {
      if (byte < ZERO || byte > NINE) return -1;
      length = 10 * length + byte - ZERO;
    } else if (byte !== known[i]) return -1;
  }
  return length;
}
