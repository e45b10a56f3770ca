// Names of what is gone since the last cut, of things that a drain has handed out: key group and number in 8 bytes each. They
// are remembered whatever the bound of state, since what goes makes room itself.
import { block_size, state_force } from "../memory";
import { Space, spaceGive } from "../state/space";

const ROOM_MIN: u32 = 64;
const NUMBER: u64 = (1 << 57) - 1;

@unmanaged
export class Gone {
  list: u32;
  count: u32;
  room: u32;
  scan: u32; // so many of them have been told by the drain at hand
}

/** Remembers a name; false without memory. */
export function goneAdd(space: Space, gone: Gone, name: u64): bool {
  if (gone.count == gone.room) {
    const room = gone.room ? gone.room << 1 : ROOM_MIN, fresh = state_force(room << 3);
    if (!fresh) return false;
    space.bytes += <u32>block_size(room << 3);
    if (gone.room) {
      memory.copy(fresh, gone.list, <usize>gone.room << 3);
      spaceGive(space, gone.list, gone.room << 3);
    }
    gone.list = <u32>fresh;
    gone.room = room;
  }
  store<u64>(<usize>gone.list + (<usize>gone.count << 3), name);
  gone.count++;
  return true;
}

/** The next names: key groups and numbers, i64 each; how many, 0 = there are no more, and all are forgotten. */
export function goneTell(space: Space, gone: Gone, groups: usize, numbers: usize, most: u32): u32 {
  const count = min<u32>(most, gone.count - gone.scan);
  for (let i: u32 = 0; i < count; i++) {
    const name = load<u64>(<usize>gone.list + (<usize>(gone.scan + i) << 3)), at = <usize>i << 3;
    store<u64>(groups + at, name >> 57);
    store<u64>(numbers + at, name & NUMBER);
  }
  gone.scan += count;
  if (!count) goneForget(space, gone);
  return count;
}

/** Forgets all of them. */
export function goneForget(space: Space, gone: Gone): void {
  if (gone.room) spaceGive(space, gone.list, gone.room << 3);
  gone.list = gone.count = gone.room = gone.scan = 0;
}
