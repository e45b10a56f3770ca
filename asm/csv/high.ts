/** True when a byte from 0x80 on was seen, so that text has to be checked as UTF-8. May be true when there is none. */
export let anyHigh: bool = false;

export function seeHigh(): void {
  anyHigh = true;
}

export function forgetHigh(): void {
  anyHigh = false;
}
