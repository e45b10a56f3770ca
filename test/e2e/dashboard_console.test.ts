import assert from "node:assert/strict";
import { until } from "../until.ts";
import { CHROMIUM } from "./chromium.ts";
import { openDashboard } from "./dashboard.ts";

/** What a server that goes away has sent of its answer by then, by path. */
const SENT: Readonly<Record<string, string>> = {
  "/": "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi",
  "/nothing": "",
  "/half": "HTTP/1.1 101 Switching Pro",
  "/gone": "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
  "/no_http": "two lines\r\n\r\n",
};

/** Answers each connection so, and ends it. */
function serve(): { readonly host: string; close(): void } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }), { port } = listener.addr as Deno.NetAddr;
  const answer = async (connection: Deno.Conn) => {
    using _ = connection;
    const bytes = new Uint8Array(8192), length = await connection.read(bytes);
    const [, path] = new TextDecoder().decode(bytes.subarray(0, length ?? 0)).split(" ");
    await connection.write(new TextEncoder().encode(SENT[path] ?? ""));
  };
  const listen = async () => {
    // What a browser has opened in vain may break off.
    for await (const connection of listener) answer(connection).catch(() => {});
  };
  listen();
  return { host: `127.0.0.1:${port}`, close: () => listener.close() };
}

Deno.test({
  name:
    "a server that goes away while a WebSocket is opened is no error of the page, but one that does not speak HTTP is, and so is what a script writes",
  ignore: !CHROMIUM,
  async fn() {
    const server = serve();
    try {
      await using dashboard = await openDashboard(`http://${server.host}/`);
      const { page, errors } = dashboard, lines: string[] = [];
      page.on("console", (message) => lines.push(message.text()));
      const connect = (path: string) =>
        page.evaluate(
          (address) => new Promise<number>((resolve) => new WebSocket(address).onclose = ({ code }) => resolve(code)),
          `ws://${server.host}${path}`,
        );
      const told = (path: string) => until(() => lines.some((line) => line.includes(`${path}'`)));
      for (const path of ["/nothing", "/half", "/gone"]) {
        assert.equal(await connect(path), 1006);
        await told(path);
      }
      assert.deepEqual(errors, []);
      await connect("/no_http");
      await told("/no_http");
      await page.evaluate(() => console.error("no answer"));
      await until(() => errors.length === 2);
      assert.match(errors[0], /net::ERR_INVALID_HTTP_RESPONSE$/);
      assert.equal(errors[1], "no answer");
    } finally {
      server.close();
    }
  },
});
