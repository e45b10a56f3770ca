import { writeExact } from "../../src/client/rdx/exact_json.ts";
import { type JsonNode, type Range, readJsonText } from "./json_text.ts";

/** Longest line that a list or an object may stay on. */
const WIDTH = 128;

/** JSON for people: what fits on a line stays on it. Whole numbers beyond 2^53 are bigints. */
export function layoutJson(value: unknown): string {
  return layoutText(writeExact(value));
}

/** A JSON text with other white space: every name and value stays as it is written. A text with a mistake stays as it is. */
export function layoutText(text: string): string {
  const { node } = readJsonText(text);
  return node ? new Layout(text).write(node, 0) : text;
}

class Layout {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  write(node: JsonNode, indent: number): string {
    const flat = this.#flat(node);
    if (node.kind === "scalar" || indent + flat.length <= WIDTH && indent > 0) return flat;
    const inner = " ".repeat(indent + 2), end = "\n" + " ".repeat(indent);
    const lines = node.kind === "array"
      ? node.items.map((item) => inner + this.write(item, indent + 2))
      : node.members.map(({ at, node: member }) => `${inner}${this.#at(at)}: ${this.write(member, indent + 2)}`);
    const [open, close] = node.kind === "array" ? "[]" : "{}";
    return lines.length === 0 ? open + close : `${open}\n${lines.join(",\n")}${end}${close}`;
  }

  #flat(node: JsonNode): string {
    if (node.kind === "scalar") return this.#at(node);
    if (node.kind === "array") return `[${node.items.map((item) => this.#flat(item)).join(", ")}]`;
    const members = node.members.map(({ at, node: member }) => `${this.#at(at)}: ${this.#flat(member)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }

  #at({ start, end }: Range): string {
    return this.#text.slice(start, end);
  }
}
