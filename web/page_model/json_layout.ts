/** Longest line that a list or an object may stay on. */
const WIDTH = 128;

/** JSON for people: what fits on a line stays on it. */
export function layoutJson(value: unknown, indent = 0): string {
  const flat = onOneLine(value);
  if (typeof value !== "object" || value === null || indent + flat.length <= WIDTH && indent > 0) return flat;
  const inner = " ".repeat(indent + 2), end = "\n" + " ".repeat(indent);
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((item) => inner + layoutJson(item, indent + 2)).join(",\n")}${end}]`;
  }
  const members = Object.entries(value).filter(([, one]) => one !== undefined);
  if (members.length === 0) return "{}";
  const lines = members.map(([name, one]) => `${inner}${JSON.stringify(name)}: ${layoutJson(one, indent + 2)}`);
  return `{\n${lines.join(",\n")}${end}}`;
}

function onOneLine(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  const members = Object.entries(value).filter(([, one]) => one !== undefined);
  if (members.length === 0) return "{}";
  return `{ ${members.map(([name, one]) => `${JSON.stringify(name)}: ${onOneLine(one)}`).join(", ")} }`;
}
