import { RdxError } from "../core/errors.ts";

/** Groups that cannot leave fill the state. */
export function noRoom(): RdxError {
  return new RdxError(
    "no_space",
    "Groups that have to stay in memory, since they wait for their early result or take more than 16 MiB with their sets and lists, leave no room for another",
  );
}

/** A group that is asked for is larger than all that there is. */
export function tooLarge(bytes: number, bound: number): RdxError {
  return new RdxError(
    "no_space",
    `A group that is asked for takes ${bytes} bytes in its file with its sets and lists: there is no room for it in the ${bound} bytes that the state may have`,
  );
}
