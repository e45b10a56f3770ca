import { createHash } from "node:crypto";
import type { PipelineInfo, StreamInfo, ViewInfo } from "../runtime/service.ts";
import type { App, ServerContext } from "./context.ts";
import { firstCurl } from "./first_curl.ts";
import { Html, html } from "./html.ts";
import { PAGE_STYLE } from "./page_style.ts";
import { Parameters } from "./parameters.ts";
import { watermarkJson } from "./rows.ts";

const REFRESH_SECONDS = 5;

/** `/`: what runs here, for people. Written on the server; it needs no scripts and allows none. */
export function pageRoutes(app: App, server: ServerContext): void {
  const hash = createHash("sha256").update(PAGE_STYLE).digest("base64");
  const policy =
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  app.get("/", (c) => {
    const refresh = new Parameters(c, ["refresh"]).integer("refresh", 0, 3600, 0);
    const address = new URL(c.req.url).origin;
    return new Response(renderPage(server, address, refresh).text, {
      headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy },
    });
  });
}

function renderPage({ engine, token, autoCreate }: ServerContext, address: string, refresh: number): Html {
  const streams = engine.streams.list(), pipelines = engine.pipelines.list(), views = engine.views.list();
  const { ready, reason } = engine.readiness();
  const empty = streams.length === 0 && pipelines.length === 0;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    ${refresh > 0 ? html`<meta http-equiv="refresh" content="${refresh}">` : null}
    <title>rdx</title>
    <style>${new Html(PAGE_STYLE)}</style>
      </head>
      <body>
        <header>
          <h1>rdx</h1>
          <span class="${ready ? "running" : "stalled"}">${ready ? "ready" : reason}</span>
          <nav><a href="/openapi.json">API</a> <a href="/metrics">Metrics</a> ${refresh > 0
            ? html`<a href="/">Stop refreshing</a>`
            : html`<a href="/?refresh=${REFRESH_SECONDS}">Refresh every ${REFRESH_SECONDS} s</a>`}</nav>
        </header>
        <main>
    ${empty ? firstSteps(firstCurl(address, token !== null, autoCreate)) : null}
    ${pipelines.length > 0 ? pipelineTable(pipelines) : null}
    ${views.length > 0 ? viewTable(views) : null}
    ${streams.length > 0 ? streamTable(streams) : null}
        </main>
      </body>
    </html>
  `;
}

function firstSteps(lines: string): Html {
  return html`
    <h2>Nothing runs yet</h2>
    <p>Send a first row:</p>
    <pre>${lines}</pre>
  `;
}

function pipelineTable(pipelines: readonly PipelineInfo[]): Html {
  return html`
    <h2>Pipelines</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>State</th>
            <th class="number">Rows in</th>
            <th class="number">Rows/s in</th>
            <th class="number">Rows out</th>
            <th class="number">Rows/s out</th>
            <th class="number">Lag</th>
            <th class="number">Late</th>
            <th>Watermark</th>
            <th></th>
          </tr>
        </thead>
        <tbody>${pipelines.map((pipeline) =>
          html`
            <tr><td><a href="/v1/pipelines/${pipeline.name}">${pipeline.name}</a></td><td class="${pipeline
              .state}">${pipeline.state}${pipeline.progress === null || pipeline.state === "completed"
              ? null
              : ` ${Math.floor(pipeline.progress * 100)} %`}</td>${numbers([
                pipeline.rowsIn,
                pipeline.rowsInPerSecond,
                pipeline.rowsOut,
                pipeline.rowsOutPerSecond,
                pipeline.lagRows,
                pipeline.lateRows,
              ])}<td>${watermark(pipeline.watermark)}</td><td><a href="/v1/pipelines/${pipeline
              .name}/explain">explain</a></td></tr>${pipeline.reason === null ? null : html`
              <tr>
                <td></td>
                <td class="reason" colspan="9">${pipeline.reason}</td>
              </tr>
            `}
          `
        )}
        </tbody>
      </table>
    </div>
  `;
}

function viewTable(views: readonly ViewInfo[]): Html {
  return html`
    <h2>Views</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Pipeline</th>
            <th>Keys</th>
            <th class="number">Rows</th>
            <th>Watermark</th>
          </tr>
        </thead>
        <tbody>${views.map((view) =>
          html`
            <tr><td><a href="/v1/views/${view.name}">${view.name}</a></td><td>${view.pipeline}</td><td>${view.keys.join(
              ", ",
            )}</td>${numbers([view.rows])}<td>${watermark(view.watermark)}</td></tr>
          `
        )}
        </tbody>
      </table>
    </div>
  `;
}

function streamTable(streams: readonly StreamInfo[]): Html {
  return html`
    <h2>Streams</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Columns</th>
            <th class="number">Rows in</th>
            <th class="number">Bytes in</th>
            <th class="number">Dead</th>
            <th>Read by</th>
            <th></th>
          </tr>
        </thead>
        <tbody>${streams.map((stream) =>
          html`
            <tr><td><a href="/v1/streams/${stream.name}">${stream.name}</a></td><td title="${stream.columns.map((
              { name },
            ) => name).join(", ")}">${stream.columns.length}${stream.declared ? null : html`
              <span class="dim">inferred</span>
            `}</td>${numbers([stream.rowsIn, stream.bytesIn, stream.deadRows])}<td>${stream.readers.join(
              ", ",
            )}</td><td><a href="/v1/streams/${stream.name}/rows?limit=20">newest rows</a>${stream.ended
              ? html`
                <span class="dim">ended</span>
              `
              : null}</td></tr>
          `
        )}
        </tbody>
      </table>
    </div>
  `;
}

function numbers(values: readonly number[]): Html[] {
  return values.map((value) => html`<td class="number">${Math.round(value).toLocaleString("en-US")}</td>`);
}

function watermark(value: number | null): string {
  const shown = watermarkJson(value);
  return shown === null ? "—" : shown === "infinity" ? "end of input" : String(shown);
}
