import { RdxError } from "../core/errors.ts";
import { prepareRecord, textOf, writeRecord } from "./format.ts";
import { wholeAt } from "./scan.ts";
import type { SavedProducer } from "./producers.ts";
import type { SegmentFiles } from "./segment_files.ts";

/** What a journal remembers that does not follow from the segments behind `from`. */
export interface SavedTable<Answer> {
  readonly version: 1;
  /** Key of the segment that was new then: what its records and later ones say comes on top. */
  readonly from: number;
  readonly newestAside: number;
  readonly arrivalMs: number;
  readonly producers: readonly SavedProducer<Answer>[];
}

const NAME = "producers", TEMPORARY = "producers.tmp";
/** One record, as in a segment, in a file by itself. */
const SEED = 0;

/** Writes the table of a journal's producers, in the place of the one before, so that it outlives a power cut. */
export async function saveTable(files: SegmentFiles, text: Uint8Array): Promise<void> {
  const { device, checksum } = files.parts;
  const record = { ...EMPTY, text }, prepared = prepareRecord(record, null);
  const bytes = new Uint8Array(prepared.length);
  writeRecord(bytes, 0, prepared, { group: 0, seed: SEED, checksum });
  const file = await device.open(files.path(TEMPORARY), "create");
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    file.close();
  }
  await device.rename(files.path(TEMPORARY), files.path(NAME));
  await device.syncFolder(files.folder);
}

const EMPTY = {
  kind: "mark",
  key: 0,
  rows: 0,
  schema: 0,
  arrivalMs: 0,
  newestAside: -1,
  parts: [],
  aside: [],
} as const;

/** The table, or null when none was written. Throws RdxError("invalid") for a damaged one. */
export async function loadTable<Answer>(files: SegmentFiles): Promise<SavedTable<Answer> | null> {
  const { device, checksum } = files.parts;
  if (!(await device.list(files.folder)).some(({ name }) => name === NAME)) return null;
  const bytes = await files.read(NAME), head = wholeAt(bytes, 0, SEED, checksum);
  if (!head) throw files.damaged(NAME, "it is damaged");
  const table = JSON.parse(new TextDecoder().decode(textOf(bytes, 0, head))) as SavedTable<Answer>;
  if (table.version !== 1) {
    throw new RdxError("invalid", `${files.path(NAME)} has version ${table.version}, and this rdx knows 1`);
  }
  return table;
}
