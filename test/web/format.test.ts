import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import * as format from "../../web/model/format.ts";
import { checkpointFigure } from "../../web/page_model/format.ts";

const { compactNumber, formatBytes, formatCell, formatDecimal, formatDuration, formatNumber, formatTick, formatTime } =
  format;

/** What the reader's locale put in, taken out again. */
function plain(text: string): string {
  const latin = { numberingSystem: "latn" } as const;
  const parts = [
    ...new Intl.NumberFormat(undefined, latin).formatToParts(-12345678.5),
    ...new Intl.NumberFormat(undefined, { ...latin, notation: "scientific" }).formatToParts(1e21),
  ];
  // Marks of the direction, which have no width, stand at signs
  const unmarked = (text: string) => text.replace(/\p{Cf}/gu, "");
  const of = (type: string) => unmarked(parts.find((part) => part.type === type)!.value);
  return unmarked(text).replaceAll(of("group"), "").replace(of("minusSign"), "-").replace(of("decimal"), ".")
    .replace(of("exponentSeparator"), "E");
}

Deno.test("integers are exact, however large", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => {
    if (Math.abs(value) < 1e15) assert.equal(plain(formatNumber(value)), String(value === 0 ? Math.abs(value) : value));
  }));
  fc.assert(fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (value) => {
    assert.equal(plain(formatCell(value, "int64")), String(value));
  }));
});

Deno.test("decimals come as text and keep every digit", () => {
  const digits = fc.stringMatching(/^(0|[1-9]\d{0,29})(\.\d{1,18})?$/);
  fc.assert(fc.property(digits, fc.boolean(), (text, negative) => {
    const value = negative ? `-${text}` : text;
    assert.equal(plain(formatCell(value, "decimal(38,18)")), value);
  }));
  assert.equal(formatDecimal("1e5"), "1e5");
  assert.equal(formatDecimal("<b>"), "<b>");
});

Deno.test("doubles are rounded to what a person reads", () => {
  const cases: [number, string][] = [
    [3.8333333, "3.833"],
    [0.000012345, "0.00001235"],
    [1234.5678, "1234.568"],
    [1e21, "1E21"],
    [NaN, "–"],
    [-0.5, "-0.5"],
  ];
  for (const [value, text] of cases) assert.equal(plain(formatNumber(value)), text);
  assert.deepEqual([0.5, 999].map(compactNumber).map(plain), ["0.5", "999"]);
  // 12.35K where people read English; elsewhere thousands have other words, or none.
  const options = { notation: "compact", maximumSignificantDigits: 4, numberingSystem: "latn" } as const;
  for (const value of [12345, 4567890, -4567890]) {
    assert.equal(compactNumber(value), value.toLocaleString(undefined, options));
  }
});

/** What is written of a number, as a number, as a decimal and in short, where the process reads its locale from the environment. */
async function shownIn(locale: string): Promise<string[]> {
  const script = `import { compactNumber, formatDecimal, formatNumber } from "./web/model/format.ts";
    console.log(JSON.stringify([formatNumber(-12345.5), formatDecimal("-12345.5"), compactNumber(-0.5)]));`;
  const command = new Deno.Command(Deno.execPath(), { args: ["eval", script], env: { LC_ALL: `${locale}.UTF-8` } });
  const { stdout } = await command.output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("a decimal is written as a number is, in any locale: its signs and separators, and the digits of times", async () => {
  for (const locale of ["en_US", "de_DE", "ar_EG", "fa_IR", "sv_SE"]) {
    const [number, decimal, short] = await shownIn(locale);
    assert.equal(decimal, number, locale);
    assert.match(number, /^\D*12\D345\D5$/, locale);
    assert.match(short, /^\D*0\D5$/, locale);
  }
  assert.equal((await shownIn("de_DE"))[0], "-12.345,5");
});

Deno.test("NULL is shown as such, and is not the text NULL", () => {
  assert.equal(formatCell(null, "string"), "NULL");
  assert.equal(format.isNull("NULL"), false);
  assert.ok(format.isNull(null) && format.isNull(undefined));
});

Deno.test("times are UTC, with milliseconds where there are some", () => {
  assert.equal(formatTime(0), "1970-01-01 00:00:00");
  assert.equal(formatCell("2026-01-31T12:00:05.250Z", "timestamp"), "2026-01-31 12:00:05.250");
  assert.equal(formatCell(9e15, "timestamp"), "–");
  assert.equal(formatCell("no time", "timestamp"), "no time");
  const noon = Date.UTC(2026, 0, 31, 12, 30, 5, 7), day = 86_400_000;
  const ticks = [1, 1000, 60_000, day, 30 * day, 365 * day].map((step) => formatTick(noon, step));
  assert.deepEqual(ticks, ["30:05.007", "12:30:05", "12:30", "Jan 31", "2026", "2026"]);
  assert.equal(formatTick(Date.UTC(2026, 1, 3), 3_600_000), "Feb 3");
});

Deno.test("durations have at most two units", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [350, "350 ms"],
    [3200, "3.2 s"],
    [59_000, "59 s"],
    [125_000, "2 min 5 s"],
    [3_600_000, "1 h"],
    [100_800_000, "1 d 4 h"],
    [-5000, "−5 s"],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text);
});

Deno.test("long text is cut where no character is broken, and all of it can be had", () => {
  const text = "😀".repeat(500_000);
  assert.ok(formatCell(text, "string").length <= format.CELL_CHARACTERS_MAX + 1);
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 20 }), (value, most) => {
    const short = format.cut(value, most);
    assert.ok(short.length <= most + 1);
    assert.ok(value.startsWith(short.endsWith("…") && short !== value ? short.slice(0, -1) : short));
    assert.equal(value.isWellFormed() && !short.isWellFormed(), false);
  }));
  assert.equal(format.fullText(text), text);
});

Deno.test("a row as JSON reads back as it is, big integers and odd names included", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.constant(null))),
      (row) => {
        assert.deepEqual(JSON.parse(format.rowJson(row)), JSON.parse(JSON.stringify(row)));
      },
    ),
  );
  assert.equal(format.rowJson({ n: 9007199254740993n }), '{"n":9007199254740993}');
});

Deno.test("a checkpoint is told by its age, number and bytes, or by what is wrong", () => {
  const taken = { number: 7, taken_at: "2026-01-01T00:00:00.000Z", bytes: 2048, problem: null },
    nowMs = Date.UTC(2026, 0, 1, 0, 0, 5);
  assert.deepEqual(checkpointFigure(taken, nowMs), {
    value: "5 s",
    note: `ago: number 7, ${formatBytes(2048)}`,
    tone: "",
  });
  assert.deepEqual(checkpointFigure({ ...taken, problem: "disk full" }, nowMs), {
    value: "5 s",
    note: "disk full",
    tone: "warn",
  });
  const none = { number: null, taken_at: null, bytes: null, problem: null };
  assert.deepEqual(checkpointFigure(none, nowMs), { value: "–", note: "none yet", tone: "" });
  assert.deepEqual(checkpointFigure(null, nowMs), { value: "–", note: "nothing is kept", tone: "" });
});
