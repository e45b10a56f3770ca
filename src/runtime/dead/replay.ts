import { FrameBuilder, FrameView } from "../../core/frame.ts";
import { RdxError, reasonOf } from "../../core/errors.ts";
import { BATCH_ROWS_MAX } from "../../core/limits.ts";
import type { PartitionRows } from "../../log.ts";
import { addLetter, DEAD_COLUMNS } from "../dead_letters.ts";
import { joinPartitions } from "../partitioning.ts";
import type { Decoded, Stream } from "../stream.ts";
import type { IdRange } from "../verdict.ts";
import { type Again, bodyOf, groupLetters, letterAt } from "./bodies.ts";
import { LetterView } from "./letter.ts";
import { rangesOf, type Settled } from "./settled.ts";

/** A stream with its dead letters, and who appends what is tried again. */
export interface DeadOf {
  readonly stream: Stream;
  readonly dead: Stream;
  readonly settled: Settled;
  /** The producer whose last verdict, in either log, says which letters its rows have settled. */
  readonly producer: string;
}

/** Why a letter is dead still. */
export interface Failure {
  readonly letter: LetterView;
  readonly field: string | null;
  readonly reason: string;
}

/** Rows that are ready to be in the stream, all of one version of its schema. */
interface Ready {
  readonly schema: number;
  readonly frames: ArrayBuffer[];
  /** Of rows that are spread over partitions; else none. */
  readonly partitions: PartitionRows[];
  readonly letters: LetterView[];
  bytes: number;
  rows: number;
}

/**
 * Tries letters again. Those that can be taken are appended by one record, whose verdict says that they are settled: both are there in one moment, and whoever opens the
 * log next settles them where that was not noted. Those that fail are appended to the dead letters in the same way, with one attempt more. Throws busy where there is no room;
 * nothing was done then, unless rows of several versions of the schema were among them.
 */
export async function tryAgain(of: DeadOf, letters: readonly LetterView[]): Promise<Failure[]> {
  const { stream, dead, settled, producer } = of, { groups, lost } = groupLetters(letters);
  // A log tells of its last such record alone: what those before it have settled has to be noted by then
  settled.save();
  const ready: Ready[] = [], failed: Failure[] = lost.map(notWhole);
  for (const group of groups) await decodeGroup(stream, group, ready, failed);
  const again = framesOf(failed, failsAt(stream, dead));
  if (!dead.log.hasRoom(again.reduce((sum, { byteLength }) => sum + byteLength, 0))) {
    throw new RdxError(
      "busy",
      `The dead letters of stream ${stream.name} are full: their readers are behind; try again later`,
    );
  }
  for (const { schema, frames, partitions: own, letters, rows, bytes } of ready) {
    const ids = idsOf(letters), spread = own.length > 0 ? { partitions: joinPartitions(own) } : {};
    await stream.put(frames, rows, nextMark(stream, producer), { settled: ids, schema, bytes, ...spread });
    settled.add(ids);
  }
  const ids = idsOf(failed.map(({ letter }) => letter));
  if (failed.length > 0) {
    await dead.put(again, failed.length, nextMark(dead, producer), { settled: ids });
    stream.countDead(failed.length);
    settled.add(ids);
  }
  return failed;
}

interface HasArrivals {
  readonly log: Pick<Stream["log"], "arrivals">;
}

/** When a row of a stream fails that fails now: no earlier than those before it have. */
export function failsAt({ log }: HasArrivals, dead: HasArrivals): number {
  return Math.max(log.arrivals.now(), dead.log.arrivals.now());
}

function idsOf(letters: readonly LetterView[]): IdRange[] {
  return rangesOf(letters.map(({ id }) => id));
}

function nextMark({ log }: Stream, producer: string) {
  return { producer, sequence: log.lastOf(producer) + 1, sparse: true, digest: "" } as const;
}

function notWhole(letter: LetterView): Failure {
  const { field, reason, pipeline } = letter;
  const why = pipeline === null
    ? "only a part of its text is kept, or it is no UTF-8"
    : `pipeline ${pipeline} had changed it before it left it out`;
  const lead = `Cannot be replayed: ${why}; it was dead for: `;
  return { letter, field, reason: reason.startsWith("Cannot be replayed: ") ? reason : lead + reason };
}

/** Decodes a group; when its rows cannot be told apart in what came of it, each by itself. */
async function decodeGroup(
  stream: Stream,
  group: Again,
  ready: Ready[],
  failed: Failure[],
): Promise<void> {
  const { letters, format, header, delimiter } = group, body = bodyOf(group), bytes = body.length;
  let decoded: Decoded;
  try {
    const csv = format === "csv" ? { header: header!, delimiter: delimiter! } : {};
    decoded = await stream.decode({ body, format, autoCreate: false, ...csv });
  } catch (thrown) {
    if (!(thrown instanceof RdxError) || thrown.code === "internal") throw thrown;
    if (letters.length > 1) return await eachAlone(stream, group, ready, failed);
    failed.push({ letter: letters[0], field: null, reason: reasonOf(thrown) });
    return;
  }
  const { rows, rejected, fatal, schema, frames } = decoded, bad = failuresOf(group, decoded);
  const clear = !fatal && rows + rejected === letters.length && bad.size === rejected;
  if (letters.length > 1 && !clear) return await eachAlone(stream, group, ready, failed);
  if (letters.length === 1 && (rows !== 1 || rejected > 0)) {
    failed.push(bad.get(letters[0]) ?? { letter: letters[0], field: null, reason: `It is ${rows} rows, not one` });
    return;
  }
  failed.push(...bad.values());
  if (rows === 0) return;
  const isSpread = decoded.partitions !== undefined;
  let same = ready.at(-1);
  if (!same || same.schema !== schema || same.partitions.length > 0 !== isSpread) {
    ready.push(same = { schema, frames: [], partitions: [], letters: [], bytes: 0, rows: 0 });
  }
  same.frames.push(...frames);
  same.partitions.push(...decoded.partitions ?? []);
  same.letters.push(...letters.filter((letter) => !bad.has(letter)));
  same.rows += rows;
  same.bytes += bytes;
}

async function eachAlone(stream: Stream, group: Again, ready: Ready[], failed: Failure[]) {
  for (const letter of group.letters) await decodeGroup(stream, { ...group, letters: [letter] }, ready, failed);
}

/** Which letters failed, from the letters that the decoder has made of them. */
function failuresOf(group: Again, { dead }: Decoded): Map<LetterView, Failure> {
  const failures = new Map<LetterView, Failure>();
  for (const frame of dead) {
    const view = new FrameView(frame);
    for (let row = 0; row < view.rows; row++) {
      const { line, field, reason } = new LetterView(row, view, row), letter = letterAt(group, line);
      if (letter) failures.set(letter, { letter, field, reason });
    }
  }
  return failures;
}

function framesOf(failures: readonly Failure[], nowMs: number): ArrayBuffer[] {
  const builder = new FrameBuilder(DEAD_COLUMNS), frames: ArrayBuffer[] = [], ts = Math.trunc(nowMs);
  for (const { letter, field, reason } of failures) {
    const { offset, line, raw, attempts, format, head, pipeline } = letter;
    addLetter(builder, { offset, line, field, reason, raw, ts, attempts: attempts + 1, format, head, pipeline });
    if (builder.rows === BATCH_ROWS_MAX) frames.push(builder.finish());
  }
  if (builder.rows > 0) frames.push(builder.finish());
  return frames;
}
