import { DatabaseSync } from "node:sqlite";
import { RdxError, reasonOf } from "../core/errors.ts";
import type { Meta, QuarantinedChunk, SavedPipeline, SavedPlan, SavedStream } from "../store.ts";

/** What the tables mean; another version is another number. */
const SCHEMA_VERSION = 1;

const TABLES = `
  CREATE TABLE IF NOT EXISTS folders (
    folder TEXT PRIMARY KEY,
    made INTEGER NOT NULL DEFAULT 0    -- 0: it has had no files yet; else 1 + the key with which the newest begins, or one before it
  ) STRICT;
  CREATE TABLE IF NOT EXISTS streams (
    name TEXT PRIMARY KEY,
    folder TEXT NOT NULL,
    kind TEXT NOT NULL,
    declared INTEGER NOT NULL,
    declaration TEXT NOT NULL,         -- JSON of the rest of SavedStream, but for the columns
    version INTEGER NOT NULL           -- of its schema
  ) STRICT;
  CREATE TABLE IF NOT EXISTS schemas (
    folder TEXT NOT NULL,
    version INTEGER NOT NULL,
    columns TEXT NOT NULL,             -- JSON
    PRIMARY KEY (folder, version)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS settled (
    folder TEXT NOT NULL,              -- of a stream of dead rows
    first INTEGER NOT NULL,            -- offsets of rows that were replayed or discarded: from it …
    behind INTEGER NOT NULL,           -- … up to, and not, it; no two ranges meet
    PRIMARY KEY (folder, first)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS pipelines (
    name TEXT PRIMARY KEY,
    folder TEXT NOT NULL,
    plans TEXT NOT NULL                -- JSON of SavedPlan[]
  ) STRICT;
  CREATE TABLE IF NOT EXISTS quarantined (
    folder TEXT NOT NULL,              -- of an order
    number INTEGER NOT NULL,
    chunk TEXT NOT NULL,               -- JSON of QuarantinedChunk
    PRIMARY KEY (folder, number)
  ) STRICT;
`;

type Row = Record<string, string | number>;

/**
 * `meta.sqlite` of a data directory. Statements are synchronous and every change is on the device when its call returns: that is meant for what changes
 * seldom, and nothing of it is on the way of a row.
 */
export class MetaFile implements Meta {
  readonly #db: DatabaseSync;

  /** Throws RdxError("invalid") for a file that is no such database, or of another version. */
  constructor(path: string) {
    try {
      this.#db = new DatabaseSync(path);
      this.#db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      const { quick_check: found } = this.#db.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
      if (found !== "ok") {
        this.#db.close();
        throw new Error(`it is damaged (${found.split("\n").join(" ")})`);
      }
    } catch (thrown) {
      throw new RdxError(
        "invalid",
        `Cannot use ${path}: ${reasonOf(thrown)}; put a copy in its place, or move the data directory away`,
      );
    }
    const { user_version: version } = this.#db.prepare("PRAGMA user_version").get() as { user_version: number };
    if (version !== 0 && version !== SCHEMA_VERSION) {
      throw new RdxError(
        "invalid",
        `${path} has version ${version}, and this rdx knows ${SCHEMA_VERSION}: use the rdx that wrote it`,
      );
    }
    this.#db.exec(`${TABLES} PRAGMA user_version = ${SCHEMA_VERSION};`);
  }

  streams(): (SavedStream & { folder: string })[] {
    const rows = this.#db.prepare(
      "SELECT s.*, c.columns FROM streams s JOIN schemas c ON c.folder = s.folder AND c.version = s.version ORDER BY s.rowid",
    ).all() as Row[];
    return rows.map(({ name, folder, kind, declared, declaration, version, columns }) => ({
      ...JSON.parse(String(declaration)) as SavedStream,
      name: String(name),
      folder: String(folder),
      kind: kind as SavedStream["kind"],
      declared: declared === 1,
      schemaVersion: Number(version),
      columns: JSON.parse(String(columns)) as SavedStream["columns"],
    }));
  }

  addStream(stream: SavedStream): string {
    return this.#changing(() => {
      const folder = this.#newFolder("journal", stream.name);
      this.#putStream(stream, folder);
      return folder;
    });
  }

  changeStream(stream: SavedStream): void {
    this.#changing(() => this.#putStream(stream, this.#folderOf("streams", stream.name)));
  }

  #putStream({ name, kind, declared, columns, schemaVersion, ...rest }: SavedStream, folder: string): void {
    const { time, delayMs, futureSkewMs, onError, retentionMs, retentionBytes, retryMs, partitions, partitionBy } =
      rest;
    const kept = { retentionMs, retentionBytes, retryMs, partitions, partitionBy, asideFrom: rest.asideFrom };
    const declaration = JSON.stringify({ time, delayMs, futureSkewMs, onError, ...kept });
    this.#run("INSERT OR REPLACE INTO schemas VALUES (?, ?, ?)", folder, schemaVersion, JSON.stringify(columns));
    this.#run(
      "INSERT INTO streams VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET " +
        "folder = excluded.folder, kind = excluded.kind, declared = excluded.declared, declaration = excluded.declaration, version = excluded.version",
      name,
      folder,
      kind,
      declared ? 1 : 0,
      declaration,
      schemaVersion,
    );
  }

  dropStream(name: string): string {
    return this.#changing(() => {
      const folder = this.#folderOf("streams", name);
      this.#run("DELETE FROM streams WHERE name = ?", name);
      this.#run("DELETE FROM schemas WHERE folder = ?", folder);
      this.#run("DELETE FROM settled WHERE folder = ?", folder);
      return folder;
    });
  }

  settled(folder: string): (readonly [number, number])[] {
    const rows = this.#db.prepare("SELECT first, behind FROM settled WHERE folder = ? ORDER BY first").all(
      folder,
    ) as Row[];
    return rows.map(({ first, behind }) => [Number(first), Number(behind)]);
  }

  settle(folder: string, ranges: readonly (readonly [number, number])[]): void {
    const around = this.#db.prepare(
      "SELECT min(first) AS first, max(behind) AS behind FROM settled WHERE folder = ? AND first <= ? AND behind >= ?",
    );
    this.#changing(() => {
      for (const [from, to] of ranges) {
        const { first, behind } = around.get(folder, to, from) as Record<string, number | null>;
        this.#run("DELETE FROM settled WHERE folder = ? AND first <= ? AND behind >= ?", folder, to, from);
        const joined = [Math.min(from, first ?? from), Math.max(to, behind ?? to)];
        this.#run("INSERT INTO settled VALUES (?, ?, ?)", folder, ...joined);
      }
    });
  }

  pipelines(): (SavedPipeline & { folder: string })[] {
    const rows = this.#db.prepare("SELECT * FROM pipelines ORDER BY rowid").all() as Row[];
    return rows.map(({ name, folder, plans }) => ({
      name: String(name),
      folder: String(folder),
      plans: JSON.parse(String(plans)) as SavedPlan[],
    }));
  }

  newOrder(pipeline: string): string {
    return this.#changing(() => this.#newFolder("order", pipeline));
  }

  putPipeline({ name, plans }: SavedPipeline, folder: string): void {
    this.#run(
      "INSERT INTO pipelines VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET folder = excluded.folder, plans = excluded.plans",
      name,
      folder,
      JSON.stringify(plans),
    );
  }

  dropPipeline(name: string): void {
    this.#run("DELETE FROM pipelines WHERE name = ?", name);
  }

  quarantined(folder: string): QuarantinedChunk[] {
    const rows = this.#db.prepare("SELECT chunk FROM quarantined WHERE folder = ? ORDER BY number").all(
      folder,
    ) as Row[];
    return rows.map(({ chunk }) => JSON.parse(String(chunk)) as QuarantinedChunk);
  }

  quarantine(folder: string, chunks: readonly QuarantinedChunk[]): void {
    this.#changing(() => {
      this.#run("DELETE FROM quarantined WHERE folder = ?", folder);
      for (const chunk of chunks) {
        this.#run("INSERT INTO quarantined VALUES (?, ?, ?)", folder, chunk.number, JSON.stringify(chunk));
      }
    });
  }

  /** Folders that belong to nothing any more. */
  unused(): string[] {
    const used = "SELECT folder FROM streams UNION SELECT folder FROM pipelines";
    const rows = this.#db.prepare(`SELECT folder FROM folders WHERE folder NOT IN (${used})`).all() as Row[];
    return rows.map(({ folder }) => String(folder));
  }

  /** Folders that somebody knows. */
  folders(): string[] {
    return (this.#db.prepare("SELECT folder FROM folders").all() as Row[]).map(({ folder }) => String(folder));
  }

  forget(folder: string): void {
    this.#changing(() => {
      this.#run("DELETE FROM folders WHERE folder = ?", folder);
      this.#run("DELETE FROM quarantined WHERE folder = ?", folder);
    });
  }

  /** Only the first is on the device when this returns: those that follow come between rows, and a power cut may take what is noted of them. */
  made(folder: string, first: number): void {
    const isFirst = this.newest(folder) === null;
    if (!isFirst) this.#db.exec("PRAGMA synchronous = NORMAL");
    try {
      this.#run("UPDATE folders SET made = ? WHERE folder = ?", 1 + first, folder);
    } finally {
      if (!isFirst) this.#db.exec("PRAGMA synchronous = FULL");
    }
  }

  newest(folder: string): number | null {
    const row = this.#db.prepare("SELECT made FROM folders WHERE folder = ?").get(folder) as Row | undefined;
    return row === undefined || row.made === 0 ? null : Number(row.made) - 1;
  }

  close(): void {
    this.#db.close();
  }

  /** One that nobody has, and nobody had whose files may still be there. */
  #newFolder(room: string, name: string): string {
    const known = new Set(this.folders());
    for (let n = 1;; n++) {
      const folder = `${room}/${name}${n === 1 ? "" : `~${n}`}`;
      if (known.has(folder)) continue;
      this.#run("INSERT INTO folders (folder) VALUES (?)", folder);
      return folder;
    }
  }

  #folderOf(table: "streams" | "pipelines", name: string): string {
    const row = this.#db.prepare(`SELECT folder FROM ${table} WHERE name = ?`).get(name) as Row | undefined;
    if (!row) throw new RdxError("internal", `Nothing is noted of ${name}`);
    return String(row.folder);
  }

  #run(sql: string, ...values: (string | number)[]): void {
    try {
      this.#db.prepare(sql).run(...values);
    } catch (thrown) {
      throw explained(thrown);
    }
  }

  /** All or nothing. */
  #changing<Result>(change: () => Result): Result {
    this.#run("BEGIN IMMEDIATE");
    try {
      const result = change();
      this.#run("COMMIT");
      return result;
    } catch (thrown) {
      try {
        this.#db.exec("ROLLBACK");
      } catch {
        // A full disk has rolled it back already.
      }
      throw thrown;
    }
  }
}

function explained(thrown: unknown): unknown {
  const reason = reasonOf(thrown);
  if (!/full|no space/i.test(reason)) return new RdxError("internal", `Cannot write meta.sqlite: ${reason}`);
  return new RdxError(
    "no_space",
    "There is no room on the disk for meta.sqlite: nothing was changed; make room and try again",
  );
}
