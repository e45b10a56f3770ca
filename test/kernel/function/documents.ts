import fc from "../../deps/fast_check.ts";

const space = fc.constantFrom("", "", "", " ", "\n", "\t ", "\r");
const numbers = fc.constantFrom(
  "0",
  "-0",
  "1",
  "12",
  "1.0",
  "1e0",
  "-2.50",
  "1E+2",
  "9007199254740993",
  "0.1",
  "1e400",
  "10e-1",
);
const pieces = fc.constantFrom(
  "a",
  "b",
  "é",
  "🙂",
  " ",
  "\\n",
  '\\"',
  "\\\\",
  "\\/",
  "\\u0061",
  "\\ud83d\\ude42",
  "\\ud800",
  "\\u00e9",
  "{",
  "]",
  ",",
);
const string = fc.array(pieces, { maxLength: 20 }).map((all) => `"${all.join("")}"`);
/** Keys that paths speak of, some of them with escapes. */
const key = fc.constantFrom('"a"', '"b"', '"\\u0061"', '"é"', '"a b"', '"__proto__"', '""', '"x\\"y"');

/** JSON in all its forms, as text; `unique`: no object has a key twice. */
const documents = (unique: boolean): fc.Arbitrary<string> =>
  fc.letrec<{ value: string }>((tie) => {
    const written = (open: string, all: readonly string[][], close: string) =>
      open + all.map((one) => one.join("")).join() + close;
    const member = fc.tuple(space, key, space, space, tie("value"), space)
      .map(([before, name, behind, lead, value, trail]) => ({
        name: JSON.parse(name),
        text: [before, name, behind, ":", lead, value, trail],
      }));
    const members = unique
      ? fc.uniqueArray(member, { maxLength: 4, selector: ({ name }) => name })
      : fc.array(member, { maxLength: 4 });
    return {
      value: fc.oneof(
        { maxDepth: 4, depthIdentifier: "document" },
        fc.constantFrom("null", "true", "false"),
        numbers,
        string,
        fc.array(fc.tuple(space, tie("value"), space), { maxLength: 4 }).map((all) => written("[", all, "]")),
        members.map((all) => written("{", all.map(({ text }) => text), "}")),
        fc.tuple(space, space).map(([a, b]) => `[${a}${b}]`),
      ),
    };
  }).value;

export const anyDocument = documents(false);
/** Documents that are whole and in which members can be counted by their keys. */
export const uniqueDocument = documents(true);

/** Documents, most of them whole, some with a change that may break them. */
export const anyText = fc.tuple(
  space,
  anyDocument,
  fc.option(
    fc.tuple(fc.nat(60), fc.constantFrom("", "{", "]", '"', ",", ":", "\\", "0", "\u0001", "tru", "e", "."), fc.nat(2)),
    { freq: 2 },
  ),
).map(([before, document, change]) => {
  const text = before + document;
  return change === null
    ? text
    : (text.slice(0, change[0]) + change[1] + text.slice(change[0] + change[2])).toWellFormed();
});

/** Arrays of scalars, and what is no array. */
export const flatArray = fc.oneof(
  fc.array(fc.tuple(space, fc.oneof(numbers, string, fc.constantFrom("null", "true", "false")), space))
    .map((all) => `[${all.map((one) => one.join("")).join()}]`),
  fc.constantFrom("{}", "[", "1", ""),
);

/** A path and its steps. */
export const anyPath = fc.tuple(
  fc.constantFrom("", "lax ", "strict "),
  fc.array(
    fc.constantFrom<[string, string | number]>(
      [".a", "a"],
      [".b", "b"],
      ["['a']", "a"],
      ['["a b"]', "a b"],
      [".é", "é"],
      [".__proto__", "__proto__"],
      ["['x\"y']", 'x"y'],
      ["[0]", 0],
      ["[ 1 ]", 1],
      [".[2]", 2],
      ["['']", ""],
    ),
    { maxLength: 3 },
  ),
).map(([mode, all]) => ({
  path: `${mode}$${all.map(([text]) => text).join("")}`,
  steps: all.map(([, step]) => step),
  strict: mode === "strict ",
}));
