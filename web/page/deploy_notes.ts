import type { Ground } from "./app.ts";
import { el, fill, type Part, show } from "./dom.ts";
import { sentence } from "./parts.ts";

/** What the deploy that led to a pipeline's page has said of its state, until it is closed. */
export function deployNotesBar(name: string, { deployNotes }: Ground): Part<void> {
  const list = el("ul");
  const close = el("button", { type: "button", class: "quiet", click: () => done() }, "Close");
  const node = el(
    "div",
    { class: "bar notes", "data-tone": "warn", role: "status", "aria-label": "What the deploy changed", hidden: true },
    el("span", {}, "What the deploy made of its state:"),
    list,
    close,
  );
  const done = () => {
    deployNotes.delete(name);
    update();
  };
  let shown: readonly string[] | undefined;
  const update = () => {
    const notes = deployNotes.get(name);
    if (notes === shown) return;
    shown = notes;
    fill(list, (notes ?? []).map((note) => el("li", {}, sentence(note))));
    show(node, notes !== undefined);
  };
  update();
  return { node, update };
}
