// What the readers of text answer: 0, or why the text is not a value of the type.

export const TEXT_OK: i32 = 0;
/** The text is not of the type's form. */
export const TEXT_MALFORMED: i32 = -1;
/** The text has the form, and the value lies beyond the type's limits. */
export const TEXT_RANGE: i32 = -2;
/** The text is a number that the type cannot hold exactly. */
export const TEXT_INEXACT: i32 = -3;
