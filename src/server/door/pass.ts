import { DOOR_LINGER_MS_MAX, DOOR_PASS_BYTES_MAX } from "../../core/limits.ts";
import type { Clock } from "../../core/clock.ts";
import { writeAll } from "./byte_reader.ts";

const FIRST_BYTES = 4 << 10, GROWTH = 4;

/**
 * Passes a connection on, from `first` on, which was read of it already, until both sides have ended. What one side takes slowly is taken slowly of the other, and when one
 * breaks, so does the other.
 */
export async function pass(
  client: Deno.TcpConn,
  inner: Deno.TcpConn,
  first: Uint8Array,
  clock: Clock,
): Promise<void> {
  const breakBoth = () => {
    close(client);
    close(inner);
  };
  let linger = () => {};
  const asking = ask(client, inner, first).catch(breakBoth);
  try {
    for await (const bytes of pieces(inner)) await writeAll(client, bytes);
    await client.closeWrite();
    // Whoever still sends is heard for a moment: a close into what it sends would take away what it has not read.
    linger = clock.after(DOOR_LINGER_MS_MAX, breakBoth);
    await asking;
  } catch {
    // Either side is gone, and nobody is left to be told.
  } finally {
    linger();
    breakBoth();
  }
}

/** Passes on what the client says. Throws when it breaks; a server that hears no more says so itself. */
async function ask(client: Deno.TcpConn, inner: Deno.TcpConn, first: Uint8Array): Promise<void> {
  let heard = await hears(inner, first);
  for await (const bytes of pieces(client)) heard &&= await hears(inner, bytes);
  await inner.closeWrite().catch(() => {});
}

async function hears(inner: Deno.TcpConn, bytes: Uint8Array): Promise<boolean> {
  try {
    await writeAll(inner, bytes);
    return true;
  } catch {
    return false;
  }
}

/** What comes from a connection, up to its end; each piece is valid until the next. Most say little at a time: those that fill their buffer get a larger one. */
async function* pieces(from: Deno.TcpConn): AsyncGenerator<Uint8Array> {
  let buffer = new Uint8Array(FIRST_BYTES);
  for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
    yield buffer.subarray(0, count);
    if (count === buffer.length) buffer = new Uint8Array(Math.min(DOOR_PASS_BYTES_MAX, buffer.length * GROWTH));
  }
}

/** Closes a connection that may be closed already. */
export function close(connection: { close(): void }): void {
  try {
    connection.close();
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.BadResource)) throw thrown;
  }
}
