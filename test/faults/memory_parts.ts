/** Resident bytes of a process by what holds them. */
export interface MemoryParts {
  /** Linear memories of WebAssembly, which lie in front of a reserved gigabyte or more. */
  readonly wasm: number;
  /** The heap of malloc and its arenas for threads: buffers of bodies, frames and files. */
  readonly malloc: number;
  /** Other memory without a file: heaps of V8, of main and workers, stacks, large blocks of malloc. */
  readonly other: number;
  /** Pages of files, such as the program. */
  readonly files: number;
}

interface Mapping {
  readonly from: number;
  readonly to: number;
  readonly access: string;
  readonly path: string;
  rss: number;
}

const ARENA_BYTES = 64 << 20, RESERVED_BYTES = 2 ** 30;

/** What the smaps of a process (proc_pid_smaps(5)) say. */
export function memoryParts(smaps: string): MemoryParts {
  const mappings: Mapping[] = [];
  for (const line of smaps.split("\n")) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line), rss = /^Rss:\s+(\d+) kB/.exec(line);
    if (head) {
      const [, from, to, access, path] = head;
      mappings.push({ from: parseInt(from, 16), to: parseInt(to, 16), access, path, rss: 0 });
    } else if (rss) mappings.at(-1)!.rss = Number(rss[1]) * 1024;
  }
  const parts = { wasm: 0, malloc: 0, other: 0, files: 0 };
  for (const [i, mapping] of mappings.entries()) parts[partOf(mapping, mappings[i + 1])] += mapping.rss;
  return parts;
}

function partOf({ from, to, path }: Mapping, next: Mapping | undefined): keyof MemoryParts {
  if (path === "[heap]") return "malloc";
  if (path.startsWith("/")) return "files";
  const isReserved = next !== undefined && next.from === to && next.access.startsWith("---");
  if (isReserved && next.to - next.from >= RESERVED_BYTES) return "wasm";
  if (from % ARENA_BYTES === 0 && (to - from === ARENA_BYTES || (isReserved && next.to - from === ARENA_BYTES))) {
    return "malloc";
  }
  return "other";
}
