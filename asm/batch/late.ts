// The rows of a batch that an operator leaves out since they came too late. Operators have their turns one after the other,
// so that one list is enough: whoever pushes or pulls says where it is, and nothing is noted while nobody asks. The
// module of keyed operators has a list of its own (`operator_late`).
//
//   LIST   0            4
//          +------------+-----------+-----
//          | count u32  | row u32   | …        room for all selected rows of the batch
//          +------------+-----------+-----

let list: usize = 0;

/** From now on late rows are noted in the list at `at`; 0 = nowhere. */
export function batch_late(at: usize): void {
  list = at;
}

/** Row `row` of the batch at hand is late. */
@inline export function noteLate(row: u32): void {
  if (!list) return;
  const count = load<u32>(list);
  store<u32>(list + 4 + (<usize>count << 2), row);
  store<u32>(list, count + 1);
}
