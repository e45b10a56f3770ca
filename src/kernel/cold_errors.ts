import { RdxError } from "../core/errors.ts";

/** What helps. */
const MORE = ": the state needs a larger bound (--state-memory)";

/** Groups that cannot leave fill the state. */
export function noRoom(): RdxError {
  return new RdxError(
    "no_space",
    "Groups that have to stay in memory, since they wait for their early result, hold a value of more than 64 KiB, or take more than 16 MiB with their sets and lists, leave no room for another" +
      MORE,
  );
}

/** A group that is asked for is larger than all that there is. */
export function tooLarge(bytes: number, bound: number): RdxError {
  return new RdxError(
    "no_space",
    `A group that is asked for takes ${bytes} bytes in its file with its sets and lists: there is no room for it in the ${bound} bytes that the state may have${MORE}`,
  );
}

/** Not even one row has room among rows that cannot leave. */
export function noRoomForRow(): RdxError {
  return new RdxError(
    "no_space",
    "Rows that have to stay in memory, since they are of more than 64 KiB, of a key whose rows take more than 16 MiB or than the bound, or of such as never leave, leave no room for another" +
      MORE,
  );
}

/** Rows come out together that do not fit. */
export function tooManyAtOnce(): RdxError {
  return new RdxError(
    "no_space",
    "The rows of one time and key group that come out together need more memory than there is" + MORE,
  );
}
