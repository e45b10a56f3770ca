import { type ErrorDetail, RdxError, reasonOf } from "../core/errors.ts";

/** What the process ends with. */
export const EXIT = { ok: 0, failure: 1, usage: 2, badInput: 65, missingFile: 66, interrupted: 130 } as const;
export type ExitCode = typeof EXIT[keyof typeof EXIT];

/** Ends a command with a message for the person who called it. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(readonly exitCode: ExitCode, message: string) {
    super(message);
  }
}

/** A call that cannot be understood. */
export function usage(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}

/** The exit code for whatever a command threw. */
export function exitCodeOf(thrown: unknown): ExitCode {
  if (thrown instanceof CommandError) return thrown.exitCode;
  if (!(thrown instanceof RdxError)) return EXIT.failure;
  switch (thrown.code) {
    case "invalid_plan":
      return EXIT.usage;
    case "invalid":
      return EXIT.badInput;
    case "not_found":
      return EXIT.missingFile;
    default:
      return EXIT.failure;
  }
}

/** The message of whatever a command threw, and below it each place that it speaks of. */
export function messageOf(thrown: unknown): string {
  const message = reasonOf(thrown);
  if (!(thrown instanceof RdxError) || thrown.details.length === 0) return message;
  const { snippets } = thrown.extra as { snippets?: readonly string[] };
  return [message, ...placesOf(thrown.details, snippets)].join("\n");
}

/** The places that an error speaks of, a line each. */
export function placesOf(details: readonly ErrorDetail[], snippets?: readonly string[]): string[] {
  return details.map(({ node, path, line, column, field, reason, hint }, i) => {
    const at = [
      node && `node ${node}`,
      path,
      line && `line ${line}`,
      column && `column ${column}`,
      field && `field ${field}`,
    ].filter(Boolean).join(", ");
    const shown = snippets?.[i] ? `\n${snippets[i].replace(/^/gm, "    ")}` : "";
    return `  ${at === "" ? "" : `${at}: `}${reason}${hint ? ` (${hint})` : ""}${shown}`;
  });
}
