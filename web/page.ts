/** The page at `/`: what runs on a server, live, and a place to change it. */
import { App, type Ground, type Page, unknownPage } from "./page/app.ts";
import { editorPage } from "./page/editor.ts";
import { Link } from "./page/link.ts";
import { overviewPage } from "./page/overview.ts";
import { pipelinePage } from "./page/pipeline.ts";
import { serverTextPage } from "./page/server_text.ts";
import { streamPage } from "./page/stream.ts";
import { viewPage } from "./page/view.ts";
import type { Route } from "./page_model/routes.ts";

function pageOf(route: Route, ground: Ground): Page {
  switch (route.page) {
    case "overview":
      return overviewPage(ground);
    case "pipeline":
      return pipelinePage(route.name, ground);
    case "stream":
      return streamPage(route.name, ground);
    case "view":
      return viewPage(route.name, route.options, ground);
    case "new":
      return editorPage(null, ground, route.options);
    case "change":
      return editorPage(route.name, ground);
    case "api":
      return serverTextPage("API", "/openapi.json", "application/json", ground);
    case "metrics":
      return serverTextPage("Metrics", "/metrics", "text/plain", ground);
    case "unknown":
      return unknownPage(route.hash);
  }
}

new App(new Link(location.origin), pageOf);
