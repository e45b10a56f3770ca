import { createHash, timingSafeEqual } from "node:crypto";

/** A WebSocket subprotocol that carries the token, as base64url without padding, where a browser cannot set headers. */
export const BEARER_PROTOCOL = "rdx.bearer.";

/** Compares in a time that tells nothing of where two texts differ, nor how long the expected one is. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** The token in an Authorization header, or null. */
export function bearerToken(header: string | null): string | null {
  return /^Bearer +([^\s]+) *$/i.exec(header ?? "")?.[1] ?? null;
}

/** The token among the subprotocols that a WebSocket offers, or null. */
export function protocolToken(header: string | null): string | null {
  const offered = (header ?? "").split(",").map((name) => name.trim()).find((name) => name.startsWith(BEARER_PROTOCOL));
  if (offered === undefined) return null;
  try {
    const binary = atob(offered.slice(BEARER_PROTOCOL.length).replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}
