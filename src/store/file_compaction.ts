import { CHECKPOINT_COMPACT_BYTES } from "../core/limits.ts";
import { type CheckpointFolder, damageOf } from "./checkpoint_folder.ts";
import { type ChainStep, compactSteps } from "./compact.ts";
import type { FileParts } from "./file_parts.ts";
import { type Manifest, type Part, partBytes } from "./manifest.ts";
import { PartReader } from "./part_reader.ts";
import { PartWriter } from "./part_writer.ts";
import type { Turns } from "../core/turns.ts";

/**
 * Makes one part of all those of a checkpoint, in a folder of its own, and lets all manifests that lie on them name that instead; each is replaced by itself, and
 * says the same before and after. Checkpoints are taken meanwhile. Throws RdxError("invalid") when a file is damaged.
 */
export async function compactFiles(
  parts: FileParts,
  folder: CheckpointFolder,
  turns: Turns,
  number: number,
  signal: AbortSignal,
): Promise<void> {
  const name = `${number}.base`;
  const { manifest, release } = await turns.take(async () => {
    const found = await folder.find(number);
    if (!found || "damage" in found) throw damageOf(folder.path, number, found);
    folder.busy.add(name);
    return { manifest: found.manifest, release: folder.hold(found.manifest) };
  });
  try {
    // Of one that did not come to its end.
    await parts.device.removeFolder(`${folder.path}/${name}`);
    const base = await writeBase(parts, folder, manifest, name, signal);
    await turns.take(async () => {
      for (const one of await folder.list()) {
        if (!("manifest" in one) || !liesOn(one.manifest, manifest)) continue;
        const { facts, parts } = one.manifest;
        await folder.publish({ facts, parts: [base, ...parts.slice(manifest.parts.length)] });
      }
    });
  } finally {
    release();
    folder.busy.delete(name);
    await turns.take(() => folder.sweep());
  }
}

/** Whether the parts of one come first among those of another. */
export function liesOn(upper: Manifest, lower: Manifest): boolean {
  return lower.parts.every(({ number, files }, i) => {
    const own = upper.parts.at(i);
    return own?.number === number && own.files.length === files.length &&
      own.files.every(({ path }, j) => path === files[j].path);
  });
}

async function writeBase(
  parts: FileParts,
  folder: CheckpointFolder,
  manifest: Manifest,
  name: string,
  signal: AbortSignal,
): Promise<Part> {
  await folder.verify(manifest, signal);
  const steps: ChainStep[] = [], { tables, number } = manifest.facts;
  for (const part of manifest.parts) steps.push(...await stepsOf(parts, folder.path, part, signal));
  const writer = new PartWriter(parts, folder.path, name),
    { compactBytes = CHECKPOINT_COMPACT_BYTES } = parts.bounds ?? {};
  await compactSteps(steps, tables, compactBytes, async (step) => {
    signal.throwIfAborted();
    await writer.add(step);
  });
  const files = await writer.finish(tables), made = { number, unique: true, files };
  if (files.length > 0 && parts.durability === "fsync") await parts.device.syncFolder(`${folder.path}/${name}`);
  return made;
}

async function stepsOf(parts: FileParts, folder: string, part: Part, signal: AbortSignal): Promise<ChainStep[]> {
  const reader = await PartReader.open(parts, folder, part);
  return reader.index.steps.map((step): ChainStep => {
    if (step.kind !== "rows") return step;
    const { node, table, kind, columns } = reader.index.files[step.file], { bytes, groups } = step;
    const read = async () => {
      signal.throwIfAborted();
      return (await reader.read(step)).flatMap((one) => "frame" in one ? [one.frame] : []);
    };
    return { node, table, kind, columns, bytes, groups, unique: part.unique, read };
  });
}

/** What each part of a checkpoint takes. */
export function sizesOf({ parts }: Manifest): number[] {
  return parts.map(partBytes);
}
