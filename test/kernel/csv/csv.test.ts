import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import {
  BOOL,
  BYTES,
  type Column,
  type DataType,
  decimal,
  DOUBLE,
  INT64,
  STRING,
  TIMESTAMP,
} from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { type CsvOptions, CsvParser } from "../../../src/kernel/csv.ts";
import type { Kernel } from "../../../src/kernel/module.ts";
import type { RowError } from "../../../src/kernel/json.ts";
import { loadKernel, type Variant, VARIANTS } from "../load.ts";
import { readCsv } from "../reference/csv.ts";
import { valueAt } from "../vectors.ts";

const encoder = new TextEncoder();
const kernels = new Map<Variant, Kernel>();

function kernelOf(variant: Variant): Kernel {
  if (!kernels.has(variant)) kernels.set(variant, loadKernel(variant));
  return kernels.get(variant)!;
}

function column(name: string, type: DataType, nullable = true): Column {
  return { name, type, nullable };
}

interface Parsed {
  rows: Value[][];
  errors: RowError[];
  unknownFields: boolean;
  fatal: boolean;
  batches: number;
}

/** All that a parser gives for an input, which lies `offset` bytes behind a multiple of 64. */
function parse(
  kernel: Kernel,
  input: Uint8Array | string,
  columns: readonly Column[],
  options?: CsvOptions,
  offset = 0,
): Parsed {
  const bytes = typeof input === "string" ? encoder.encode(input) : input, size = bytes.length + offset + 256;
  const block = kernel.alloc(size + 64), address = Math.ceil(block / 64) * 64 + offset;
  // what lies around the input must not be read as a part of it
  kernel.bytes.fill(0x22, block, block + size + 64);
  kernel.copyIn(bytes, address);
  const parser = new CsvParser(kernel, columns);
  const parsed: Parsed = { rows: [], errors: [], unknownFields: false, fatal: false, batches: 0 };
  kernel.reset();
  parser.begin(address, bytes.length, options);
  for (let batch = parser.next(); batch; batch = parser.next()) {
    for (let row = 0; row < batch.rows; row++) {
      parsed.rows.push(batch.columns.map((vector) => valueAt(kernel, vector, row)));
    }
    parsed.errors.push(...batch.errors);
    parsed.unknownFields ||= batch.unknownFields;
    parsed.fatal ||= batch.fatal;
    parsed.batches++;
    kernel.reset();
  }
  parser.close();
  kernel.free(block, size + 64);
  return parsed;
}

const COLUMNS = [
  column("i", INT64),
  column("d", DOUBLE),
  column("n", decimal(6, 2)),
  column("b", BOOL),
  column("t", TIMESTAMP),
  column("s", STRING),
  column("x", BYTES),
];

for (const variant of VARIANTS) {
  const kernel = kernelOf(variant);

  Deno.test(`every type is read from its text, and nothing is NULL (${variant})`, () => {
    const text = 'i,d,n,b,t,s,x\r\n-5,1.5e3,12.3,true,2024-02-29T12:00:00.5Z,"a ""b"",\nc",aGk=\r\n,,,,,,\n' +
      '"","","","","","",""\n7,-0,"-1",0,1700000000000,é,';
    assert.deepEqual(parse(kernel, text, COLUMNS), {
      rows: [
        [-5n, 1500, 1230n, true, 1709208000500n, 'a "b",\nc', encoder.encode("hi")],
        [null, null, null, null, null, null, null],
        [null, null, null, null, null, "", new Uint8Array()],
        [7n, -0, -100n, false, 1700000000000n, "é", null],
      ],
      errors: [],
      unknownFields: false,
      fatal: false,
      batches: 1,
    });
  });

  Deno.test(`header names come in any order, others are skipped and said, missing columns are NULL (${variant})`, () => {
    const columns = [column("a", INT64), column("b", STRING), column("__proto__", STRING)];
    const parsed = parse(kernel, "__proto__,zz,a\nx,\xff,1\n", columns);
    assert.deepEqual(parsed.rows, [[1n, null, "x"]]);
    assert.equal(parsed.unknownFields, true);
    assert.equal(parse(kernel, "a,b\n1,2\n", columns).unknownFields, false);
  });

  Deno.test(`a byte order mark, other delimiters and absent headers are read (${variant})`, () => {
    const columns = [column("a", INT64), column("b", STRING)];
    assert.deepEqual(parse(kernel, "\ufeffa;b\n1;x,y\n", columns, { delimiter: ";" }).rows, [[1n, "x,y"]]);
    assert.deepEqual(parse(kernel, "1\tx\n2\ty", columns, { delimiter: "\t", header: false }).rows, [[1n, "x"], [
      2n,
      "y",
    ]]);
    const named = { header: false, names: ["b", "other", "a"] };
    assert.deepEqual(parse(kernel, "x,?,1\n", columns, named).rows, [[1n, "x"]]);
  });

  Deno.test(`ragged rows and misplaced quotes are errors of their rows alone, with line and column (${variant})`, () => {
    const columns = [column("a", INT64), column("b", STRING)];
    const parsed = parse(kernel, 'a,b\n1\n2,x,y\n\n3,"x"y\n4,x"y\n"5\n",z\n6,ok\n"7,\n', columns);
    assert.deepEqual(parsed.rows, [[6n, "ok"]]);
    const places = parsed.errors.map(({ line, column, field, reason, start, end }) =>
      `${line}:${column} ${field} ${reason} ${start}-${end}`
    );
    assert.deepEqual(places, [
      "2:2 null Too few fields 4-5",
      "3:5 null Too many fields 6-11",
      "5:3 null Text behind a closing quote 13-19",
      "6:3 null Quote inside a field that does not begin with one 20-25",
      "7:1 a Expected int64, got text that is not of its form 26-32",
      "10:1 null Quoted field does not end 38-42",
    ]);
    assert.deepEqual(parsed.errors.map((error) => error.mismatch), [false, false, false, false, true, false]);
    assert.equal(parsed.fatal, false);
  });

  Deno.test(`values that do not fit are errors that name field, line and column (${variant})`, () => {
    const cases: [DataType, string, string][] = [
      [INT64, "9223372036854775808", "Number out of range for int64"],
      [INT64, "1.5", "Number has more decimal places than int64 holds"],
      [INT64, " 1", "Expected int64, got text that is not of its form"],
      [DOUBLE, "1e999", "Number out of range for double"],
      [decimal(4, 2), "100", "Number out of range for decimal(4,2)"],
      [BOOL, "yes", "Expected bool, got text that is not of its form"],
      [TIMESTAMP, "2023-02-29", "Expected timestamp, got text that is not of its form"],
      [BYTES, "a?==", "Expected bytes, got text that is not of its form"],
    ];
    for (const [type, text, reason] of cases) {
      const { rows, errors } = parse(kernel, `a,v\nx,${text}\n`, [column("v", type)]);
      assert.deepEqual(rows, []);
      const error = { line: 2, column: 3, field: "v", reason, start: 4, end: 6 + text.length, mismatch: true };
      assert.deepEqual(errors, [error]);
    }
  });

  Deno.test(`columns that must not be NULL refuse rows without a value (${variant})`, () => {
    const columns = [column("a", INT64, false), column("b", STRING)];
    const { rows, errors } = parse(kernel, "a,b\n,x\n1,\n", columns);
    assert.deepEqual(rows, [[1n, null]]);
    assert.deepEqual(errors.map(({ field, reason }) => [field, reason]), [[
      "a",
      "Cannot use NULL: the column is not nullable",
    ]]);
    const missing = parse(kernel, "b\nx\n", columns);
    assert.deepEqual(missing.errors.map(({ field, line }) => [field, line]), [["a", 2]]);
  });

  Deno.test(`a header that cannot be used is fatal, and nothing else is read (${variant})`, () => {
    const columns = [column("a", INT64)];
    for (const [text, reason] of [["a,b,a\n1,2,3\n", /names "a" twice/], ['a,"b\n1,2\n', /does not end/]] as const) {
      const parsed = parse(kernel, text, columns);
      assert.equal(parsed.fatal, true);
      assert.deepEqual(parsed.rows, []);
      assert.equal(parsed.errors.length, 1);
      assert.match(parsed.errors[0].reason, reason);
    }
  });

  Deno.test(`empty inputs have no rows and no errors (${variant})`, () => {
    const columns = [column("a", INT64), column("b", INT64)];
    for (const text of ["", "\n\r\n", "\ufeff", "a,b", "a,b\n", "a,b\r\n\r\n\n"]) {
      const parsed = parse(kernel, text, columns);
      assert.deepEqual([parsed.rows, parsed.errors, parsed.batches], [[], [], 0], JSON.stringify(text));
    }
  });

  Deno.test(`ill-formed UTF-8 is an error of its row (${variant})`, () => {
    const bad = [[0xff], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]];
    for (const bytes of bad) {
      const input = new Uint8Array([...encoder.encode("s\nfine\n"), ...bytes, ...encoder.encode("\né\n")]);
      const { rows, errors } = parse(kernel, input, [column("s", STRING)]);
      assert.deepEqual(rows, [["fine"], ["é"]]);
      assert.deepEqual(errors.map(({ line, reason, mismatch }) => [line, reason, mismatch]), [[
        3,
        "Invalid UTF-8",
        false,
      ]]);
    }
  });

  Deno.test(`many rows come in several batches, errors are bounded in each, and lines go on (${variant})`, () => {
    const columns = [column("a", INT64), column("b", STRING)];
    let text = "a,b\n";
    for (let i = 0; i < 20_000; i++) text += i % 4 === 3 ? `x${i},\n` : `${i},"row ${i}"\r\n`;
    const parsed = parse(kernel, text, columns);
    assert.equal(parsed.rows.length, 15_000);
    assert.equal(parsed.errors.length, 5000);
    assert.ok(parsed.batches >= 5);
    assert.deepEqual(parsed.rows[14_999], [19_998n, "row 19998"]);
    assert.equal(parsed.errors[4999].line, 20_001);
  });
}

const anyPiece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(",", "\n", '"', "\r\n") },
  { weight: 3, arbitrary: fc.constantFrom("1", "-23", "4.5", "true", "2024-01-01", "aGk=", "ab", "é", "😀", '""') },
  { weight: 1, arbitrary: fc.constantFrom("\r", ";", " ", "e", "\0", "\ufeff", "x".repeat(70)) },
);
const anyText = fc.array(anyPiece, { maxLength: 80, size: "max" }).map((pieces) => encoder.encode(pieces.join("")));
const anyGarbage = fc.oneof(
  { weight: 4, arbitrary: anyText },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  {
    weight: 2,
    arbitrary: fc.tuple(anyText, fc.nat(), fc.nat(255)).map(([text, at, byte]) =>
      text.map((before, i) => i === at % text.length ? byte : before)
    ),
  },
);
const anyColumns = fc.uniqueArray(fc.nat(COLUMNS.length - 1), { minLength: 1, maxLength: 4 }).map((picked) =>
  picked.map((i) => ({ ...COLUMNS[i], nullable: i % 2 === 0 }))
);

Deno.test("any bytes are read as a plain reader reads them, by both builds", () => {
  fc.assert(
    fc.property(anyGarbage, anyColumns, fc.nat(63), (input, columns, offset) => {
      const names = columns.map(({ name }) => name);
      const body = input[0] === 0xef ? input.subarray(1) : input; // a byte order mark is no part of the text
      const expected = readCsv(body, columns, names);
      for (const variant of VARIANTS) {
        const { rows, errors } = parse(kernelOf(variant), body, columns, { header: false }, offset);
        assert.deepEqual({ rows, errors }, expected, variant);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("decimals of any form are read exactly or refused", () => {
  const digits = (maxLength: number) => fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength });
  const number = fc.tuple(
    fc.constantFrom("", "-", "+"),
    fc.oneof(digits(20), digits(40)),
    fc.constantFrom("", "."),
    fc.oneof(digits(6), digits(40)),
    fc.constantFrom("", "e2", "E-20", "e+18"),
  );
  fc.assert(
    fc.property(fc.array(number.map((parts) => parts.join("")), { minLength: 1 }), fc.nat(38), (texts, scale) => {
      for (const precision of [...(scale <= 18 ? [18] : []), Math.max(1, scale), Math.max(19, scale), 38]) {
        const columns = [column("n", decimal(precision, scale)), column("s", STRING)];
        const body = encoder.encode(texts.map((text) => `${text},x\n`).join(""));
        const expected = readCsv(body, columns, ["n", "s"]);
        for (const variant of VARIANTS) {
          const { rows, errors } = parse(kernelOf(variant), body, columns, { header: false });
          assert.deepEqual({ rows, errors }, expected, variant);
        }
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("rows that a writer writes in any style are read back", () => {
  const field = fc.tuple(fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", "é", " ") }), fc.boolean());
  fc.assert(
    fc.property(fc.array(fc.tuple(field, field), { maxLength: 50 }), fc.boolean(), fc.boolean(), (rows, crlf, last) => {
      const write = ([text, quote]: [string, boolean]) =>
        quote || /[",\r\n]/.test(text) || text === "" ? `"${text.replaceAll('"', '""')}"` : text;
      const newline = crlf ? "\r\n" : "\n";
      const lines = ["p,q", ...rows.map((row) => row.map(write).join(","))];
      const text = lines.join(newline) + (last ? newline : "");
      for (const variant of VARIANTS) {
        const parsed = parse(kernelOf(variant), text, [column("q", STRING), column("p", STRING)]);
        assert.deepEqual(parsed.errors, []);
        assert.deepEqual(parsed.rows, rows.map(([p, q]) => [q[0], p[0]]));
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("an input gives the same at each of the 64 alignments, across windows of stage 1", () => {
  const columns = [column("a", INT64), column("s", STRING)];
  let text = "";
  for (let i = 0; i < 900; i++) text += `${i},"${"y".repeat(i % 61)}${i % 7 ? "" : '""\n'}é"\n`;
  text = `a,s\n${text}"${"long ".repeat(8000)}",x\n5,end`;
  const body = encoder.encode(text);
  const { rows, errors } = readCsv(body, columns, null);
  assert.equal(errors.length, 1);
  for (const variant of VARIANTS) {
    for (let offset = 0; offset < 64; offset++) {
      const parsed = parse(kernelOf(variant), body, columns, undefined, offset);
      assert.deepEqual([parsed.rows, parsed.errors], [rows, errors], `${variant} ${offset}`);
    }
  }
});

Deno.test("a memory that is full is said, not trapped", () => {
  for (const variant of VARIANTS) {
    const kernel = loadKernel(variant, 4 << 20);
    const columns = Array.from({ length: 60 }, (_, i) => column(`c${i}`, STRING));
    const text = `${",".repeat(59)}\n`.repeat(9000);
    assert.throws(() => parse(kernel, text, columns, { header: false }), {
      code: "no_space",
      message: /Cannot parse CSV/,
    });
  }
});
