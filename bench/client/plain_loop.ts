/** What one would write without the client: a WebSocket, JSON.stringify and the credits, without numbers, outbox or reconnection. */
export async function plainLoop(url: string, rows: readonly unknown[], messageRows: number): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/streams/bench/ws`, ["rdx.json.v1"]);
  let credit = 0, acknowledged = 0, wake = () => {};
  socket.onmessage = ({ data }) => {
    const verdict = JSON.parse(data);
    if (verdict.$rdx === "credit") credit += verdict.rows;
    else if (verdict.$rdx === "ack") acknowledged++;
    else throw new Error(verdict.detail);
    wake();
  };
  const heard = () => new Promise<void>((resolve) => wake = resolve);
  let messages = 0;
  for (let at = 0; at < rows.length; at += messageRows) {
    const part = rows.slice(at, at + messageRows);
    while (credit < part.length) await heard();
    credit -= part.length;
    socket.send(part.map((row) => JSON.stringify(row)).join("\n"));
    messages++;
  }
  while (acknowledged < messages) await heard();
  socket.close();
}
