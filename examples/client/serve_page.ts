/** Serves the page beside it that sends its performance events: `deno run -A examples/client/serve_page.ts [port] [server]`. See performance.html. */
const [port = "8000", server = "http://127.0.0.1:8080"] = Deno.args;
const FILES = new Map([
  ["/", { name: "performance.html", type: "text/html; charset=utf-8" }],
  ["/performance.js", { name: "performance.js", type: "text/javascript" }],
]);

Deno.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  onListen: ({ port }) => console.log(`open http://127.0.0.1:${port}/?server=${encodeURIComponent(server)}`),
}, async (request) => {
  const file = FILES.get(new URL(request.url).pathname);
  if (!file) return new Response(null, { status: 404 });
  return new Response(await Deno.readFile(new URL(file.name, import.meta.url)), {
    headers: { "content-type": file.type },
  });
});
