import type { ExplainedNode, Explanation } from "./explain.ts";
import type { ColumnDeclaration } from "./plan.ts";

/** The explanation as trees: each sink, and below it what it reads. Branches that meet are written once. */
export function formatExplanation({ pipeline, nodes, paths, recovery }: Explanation): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const written = new Set<string>(), lines = [`pipeline ${pipeline}`];
  if (recovery !== null) lines.push(recovery);
  const write = (node: ExplainedNode, lead: string, last: string) => {
    const again = written.has(node.id);
    lines.push(`${last}${node.op} ${node.id}${again ? " (as above)" : `: ${node.does}`}`);
    if (again) return;
    written.add(node.id);
    const inputs = node.inputs.map((id) => byId.get(id)!);
    const rest = `${lead}${inputs.length > 0 ? "│" : " "}  `;
    for (const note of node.notes) lines.push(`${rest}${note}`);
    for (const { source, guarantee, why } of paths.filter(({ sink }) => sink === node.id)) {
      lines.push(`${rest}${guarantee}, from ${source} to here: ${why}`);
    }
    lines.push(`${rest}→ ${node.columns.map(formatColumn).join(", ")}`);
    inputs.forEach((input, i) => {
      const more = i < inputs.length - 1;
      write(input, `${lead}${more ? "│" : " "}  `, `${lead}${more ? "├" : "└"}─ `);
    });
  };
  for (const node of nodes) if (node.op === "sink") write(node, "", "");
  return lines.join("\n") + "\n";
}

function formatColumn({ name, type, nullable }: ColumnDeclaration): string {
  return `${name} ${type}${nullable ? "?" : ""}`;
}
