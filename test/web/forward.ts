/** An address that stays while the server behind it ends and another begins. Without a server connections are closed at once. */
export interface Forward {
  readonly url: string;
  target: string | null;
  [Symbol.dispose](): void;
}

export function startForward(target: string): Forward {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }), open = new Set<Deno.TcpConn>();
  const forward: Forward = {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    target,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of open) close(connection);
    },
  };
  const close = (connection: Deno.TcpConn) => {
    if (open.delete(connection)) connection.close();
  };
  const serve = async (near: Deno.TcpConn) => {
    open.add(near);
    let far: Deno.TcpConn | null = null;
    try {
      if (forward.target === null) return;
      far = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(forward.target).port) });
      open.add(far);
      await Promise.race([near.readable.pipeTo(far.writable), far.readable.pipeTo(near.writable)]);
    } catch {
      /* one of both sides has gone: the other goes too */
    } finally {
      for (const connection of [near, far]) {
        try {
          if (connection) close(connection);
        } catch { /* its stream has closed it */ }
      }
    }
  };
  void (async () => {
    try {
      for await (const near of listener) void serve(near);
    } catch { /* it is closed */ }
  })();
  return forward;
}
