import { setText } from "../components/dom.ts";
import { apiPath } from "../page_model/routes.ts";
import type { OperatorStateJson } from "../page_model/answers.ts";
import type { Ground } from "./app.ts";
import { el, fill, type Part, show } from "./dom.ts";

/** A look at what a node of a pipeline keeps of a key, when somebody asks for it. */
export function stateLook(pipeline: string, { link }: Ground): Part<readonly OperatorStateJson[]> {
  const nodes = el("select", { "aria-label": "Node" });
  const key = el("input", {
    type: "search",
    "aria-label": "Key",
    placeholder: 'Key: EUR, 7 or ["EUR",7]',
    size: 28,
    autocomplete: "off",
  });
  const answer = el("pre", { class: "wrap", "aria-live": "polite", "aria-label": "Rows of the key", hidden: true });
  const form = el("form", { class: "row", submit: ask }, nodes, key, el("button", { type: "submit" }, "Look up"));
  const node = el("div", {}, form, answer);
  let names = "";

  function ask(event: Event): void {
    event.preventDefault();
    const query = key.value === "" ? "" : `?key=${encodeURIComponent(jsonOf(key.value))}`;
    const path = apiPath("pipelines", pipeline, `/state/${encodeURIComponent(nodes.value)}${query}`);
    // As text: whole numbers keep their digits
    link.text(path).then(told, (thrown) => told(String(thrown.message)));
  }

  function told(text: string): void {
    show(answer, true);
    setText(answer, text.trim().replace(/^.*?"number":(\d+).*?"more":(true|false),"rows":\[(.*)\]\}$/, describe));
  }

  return {
    node,
    update(operators) {
      const now = operators.filter(({ tables }) => tables.length > 0).map((operator) => operator.node);
      show(node, now.length > 0);
      if (names === now.join("\n")) return;
      names = now.join("\n");
      fill(nodes, ...now.map((name) => el("option", { value: name }, name)));
    },
  };
}

function describe(_: string, number: string, more: string, rows: string): string {
  const head = `Behind number ${number}${more === "true" ? ", the first rows" : ""}`;
  return rows === "" ? `${head}: no rows` : `${head}:\n${rows.replaceAll("},{", "}\n{")}`;
}

/** What is no JSON is a text. */
function jsonOf(key: string): string {
  try {
    JSON.parse(key);
    return key;
  } catch {
    return JSON.stringify(key);
  }
}
