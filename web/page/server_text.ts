import { layoutText } from "../page_model/json_layout.ts";
import type { Ground, Page } from "./app.ts";
import { el } from "./dom.ts";
import { copyBox, link } from "./parts.ts";

/** What the server says to programs at a path, as it was when the page was opened: a link there would go without the page's token. */
export function serverTextPage(title: string, path: string, accept: string, ground: Ground): Page {
  const { link: server } = ground, box = copyBox(title);
  let read = false;
  const again = () => {
    read = false;
    ground.refresh();
  };
  const element = el(
    "article",
    {},
    link("#/", "Overview"),
    el(
      "div",
      { class: "head" },
      el("h1", {}, title),
      el("span", { class: "grow" }),
      el("button", { type: "button", click: again }, "Read again"),
    ),
    el("p", { class: "dim" }, "The server gives this at ", el("code", {}, path), "."),
    box.node,
  );
  return {
    title,
    element,
    async refresh(signal) {
      if (read) return;
      const text = await server.text(path, { signal, headers: { accept } });
      box.update(accept === "application/json" ? layoutText(text) : text);
      read = true;
    },
  };
}
