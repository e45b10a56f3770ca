import type { Node } from "./node.ts";

/** A text that every match has in it. */
export interface Required {
  readonly text: string;
  /** Bytes in UTF-8 that a match may have before it; Infinity: any number. */
  readonly lead: number;
}

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text).length;

/** Bytes that the longest match of a part takes. */
function longest(node: Node): number {
  switch (node.kind) {
    case "set":
      return node.ranges.length === 0 ? 0 : bytesOf(String.fromCodePoint(node.ranges.at(-1)![1]));
    case "assert":
      return 0;
    case "concat":
      return node.parts.reduce((sum, part) => sum + longest(part), 0);
    case "choice":
      return Math.max(...node.options.map(longest));
    case "group":
      return longest(node.node);
    case "repeat": {
      const once = longest(node.node);
      return once === 0 ? 0 : once * node.max;
    }
  }
}

/** The one character that a part matches, or null. */
function characterOf(node: Node): string | null {
  if (node.kind !== "set" || node.ranges.length !== 1 || node.ranges[0][0] !== node.ranges[0][1]) return null;
  return String.fromCodePoint(node.ranges[0][0]);
}

/** The parts of a node one behind the other, groups opened. */
function* parts(node: Node): Generator<Node> {
  if (node.kind === "group") yield* parts(node.node);
  else if (node.kind === "concat") { for (const part of node.parts) yield* parts(part); }
  else yield node;
}

/** The longest text of which every match of the pattern has a copy; null if there is none. */
export function requiredText(node: Node): Required | null {
  let best: Required | null = null, text = "", lead = 0, before = 0;
  for (const part of parts(node)) {
    const character = characterOf(part);
    if (character !== null) {
      if (text === "") lead = before;
      text += character;
      if (best === null || bytesOf(text) > bytesOf(best.text)) best = { text, lead };
    } else if (part.kind !== "assert") {
      text = "";
    }
    before += longest(part);
  }
  return best;
}

/** The text that a pattern is, if it is one without anything else. */
export function plainText(node: Node): string | null {
  const characters = [...parts(node)].map(characterOf);
  return characters.includes(null) ? null : characters.join("");
}
