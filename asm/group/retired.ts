// Texts that others took the place of: what came out last may refer to them, so that they are freed when the next step begins.
//
//   RETIRED   0          4             8
//             +----------+-------------+--------------+
//             | next u32 | address u32 | length u32   |
//             +----------+-------------+--------------+
import { spaceGive, spaceTake } from "../state/space";
import { Group } from "./spec";

const RETIRED: u32 = 12;

/** Takes the bytes that `cell` refers to out of use; false when there is no memory. */
export function retireBytes(g: Group, cell: usize): bool {
  const length = load<u32>(cell, 4);
  if (!length) return true;
  const at = spaceTake(g, RETIRED);
  if (!at) return false;
  store<u32>(at, g.retired);
  store<u32>(at, load<u32>(cell), 4);
  store<u32>(at, length, 8);
  g.retired = <u32>at;
  return true;
}

/** Frees what was retired. */
export function dropRetired(g: Group): void {
  while (g.retired) {
    const at: usize = g.retired;
    g.retired = load<u32>(at);
    spaceGive(g, load<u32>(at, 4), load<u32>(at, 8));
    spaceGive(g, at, RETIRED);
  }
}
