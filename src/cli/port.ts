/** Ports behind a busy one that are tried for a proposal. */
const PROPOSALS_MAX = 20;
/** Time that whoever has the port gets to say who it is. */
const ASK_MS_MAX = 500;

/** What is told about a port that is taken: who could be there, and another that is free. */
export async function describeBusyPort(hostname: string, port: number): Promise<string> {
  const free = freePort(hostname, port), who = await whoIsThere(hostname, port);
  const proposal = free === null
    ? "--port 0 takes any that is free"
    : `try --port ${free}, or --port 0 for any that is free`;
  return `Port ${port} on ${hostname} is taken by ${who}: ${proposal}`;
}

async function whoIsThere(hostname: string, port: number): Promise<string> {
  const host = hostname === "0.0.0.0" || hostname === "::" ? "127.0.0.1" : hostname;
  try {
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/readyz`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_MS_MAX) });
    const text = (await answer.text()).slice(0, 1000);
    if (/^\{"ready":(true|false),"reason":/.test(text)) return "another rdx";
    const server = answer.headers.get("server");
    return server ? `a web server (${server.replace(/[^\x20-\x7e]/g, "?").slice(0, 80)})` : "another web server";
  } catch {
    return "another program";
  }
}

/** The next port that nobody listens on, or null. It may be taken by the time somebody uses it. */
function freePort(hostname: string, port: number): number | null {
  for (let next = port + 1; next <= Math.min(65_535, port + PROPOSALS_MAX); next++) {
    try {
      Deno.listen({ hostname, port: next }).close();
      return next;
    } catch { /* taken too */ }
  }
  return null;
}
