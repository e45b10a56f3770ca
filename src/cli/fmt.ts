import { formatSql } from "../sql/format.ts";
import { wholeOf } from "./input/source.ts";
import { EXIT, type ExitCode, usage } from "./exit.ts";
import { readSql } from "./files.ts";
import type { Arguments } from "./flags.ts";
import { pathOf, type Terminal } from "./terminal.ts";

/** `rdx fmt`: scripts in one form, in place; without a file what is piped in goes to stdout. */
export async function fmt(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const onlyCheck = args.switch("check") ?? false;
  if (args.positionals.length === 0) return await formatPiped(onlyCheck, terminal);
  let code: ExitCode = EXIT.ok;
  for (const path of args.positionals) {
    if (!path.endsWith(".sql")) throw usage(`Cannot format ${path}: rdx fmt takes files that end in .sql`);
    const before = readSql(terminal, path), after = formatted(before);
    if (before === after) continue;
    if (onlyCheck) {
      terminal.err(`${path} has another form\n`);
      code = EXIT.failure;
      continue;
    }
    terminal.writeText(pathOf(terminal, path), after);
    terminal.err(`${path}\n`);
  }
  return code;
}

/** A text file ends with a line end. */
function formatted(sql: string): string {
  const text = formatSql(sql);
  return text.endsWith("\n") ? text : `${text}\n`;
}

async function formatPiped(onlyCheck: boolean, terminal: Terminal): Promise<ExitCode> {
  if (terminal.inputWatched) throw usage("rdx fmt takes scripts: rdx fmt report.sql, or pipe one in");
  const before = new TextDecoder().decode(await wholeOf(terminal.readInput())), after = formatted(before);
  if (onlyCheck) return before === after ? EXIT.ok : EXIT.failure;
  terminal.out(after);
  return EXIT.ok;
}
