import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { loadKernel, VARIANTS } from "./load.ts";

const encoder = new TextEncoder();
const OUT = 8;

/** Calls a reader of asm/text with `text`; the value lies at the returned address when the status is 0. */
function read(kernel: Kernel, name: string, text: string, ...more: number[]): { status: number; at: number } {
  const bytes = encoder.encode(text);
  kernel.reset();
  const out = kernel.arena(OUT), at = kernel.arena(bytes.length + OUT);
  kernel.copyIn(bytes, at);
  return { status: kernel.fn(name)(at, at + bytes.length, out, ...more), at: out };
}

/** The value as text (-0 keeps its sign), or the status. */
function double(kernel: Kernel, text: string): string {
  const { status, at } = read(kernel, "json_parse_double", text);
  if (status !== 0) return `status ${status}`;
  const value = kernel.data.getFloat64(at, true);
  return Object.is(value, -0) ? "-0" : String(value);
}

function expectedDouble(text: string): string {
  const value = Number(text);
  if (!Number.isFinite(value)) return "status -2";
  return Object.is(value, -0) ? "-0" : String(value);
}

function integer(kernel: Kernel, name: string, text: string, ...more: number[]): bigint | number {
  const { status, at } = read(kernel, name, text, ...more);
  return status === 0 ? kernel.data.getBigInt64(at, true) : status;
}

const digits = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: min, maxLength: max });

for (const variant of VARIANTS) {
  Deno.test(`json text (${variant}): doubles are those of Number(), for any bits`, () => {
    const kernel = loadKernel(variant);
    const view = new DataView(new ArrayBuffer(8));
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (bits) => {
        view.setBigUint64(0, bits);
        const value = view.getFloat64(0);
        if (!Number.isFinite(value)) return;
        assert.equal(double(kernel, String(value)), expectedDouble(String(value)));
        const long = value.toExponential(30);
        assert.equal(double(kernel, long), expectedDouble(long));
      }),
      { numRuns: 3000 },
    );
  });

  Deno.test(`json text (${variant}): doubles are those of Number(), for any number of digits`, () => {
    const kernel = loadKernel(variant);
    fc.assert(
      fc.property(digits(1, 40), digits(0, 40), fc.integer({ min: -380, max: 340 }), (whole, part, exponent) => {
        for (const text of [`${whole}e${exponent}`, `-${whole}.${part}0e${exponent}`, `${whole}.${part}1`]) {
          assert.equal(double(kernel, text), expectedDouble(text));
        }
      }),
      { numRuns: 2000 },
    );
  });

  Deno.test(`json text (${variant}): doubles round right beside and in the middle between neighbours`, () => {
    const kernel = loadKernel(variant);
    const view = new DataView(new ArrayBuffer(8));
    fc.assert(
      fc.property(fc.bigInt(0n, 0x7feffffffffffffen), fc.nat(3), (bits, shape) => {
        if (shape === 1) bits &= 0xfffffffffffffn; // subnormal
        if (shape === 2) bits = 0x4000000000000000n | (bits & 0xfffffffffffffn); // near 2
        view.setBigUint64(0, bits);
        const low = exactDecimal(view.getFloat64(0));
        view.setBigUint64(0, bits + 1n);
        const high = exactDecimal(view.getFloat64(0));
        const middle = half(low, high);
        for (const text of [middle, `${middle}1`, `${middle}${"0".repeat(900)}1`, justBelow(middle)]) {
          assert.equal(double(kernel, text), expectedDouble(text));
        }
      }),
      { numRuns: 150 },
    );
  });

  Deno.test(`json text (${variant}): doubles at the limits`, () => {
    const kernel = loadKernel(variant);
    const texts = ["1e400", "-1e400", "1e-400", "-1e-400", "1.7976931348623157e308", "1.7976931348623159e308"];
    texts.push(
      "4.9e-324",
      "2.4703282292062327e-324",
      "2.4703282292062328e-324",
      "2.2250738585072011e-308",
      "0e99999999999",
    );
    texts.push(
      "9007199254740993",
      "9007199254740992.99999999999999999999999",
      "-0",
      "0.1e1",
      `1${"0".repeat(400)}e-400`,
    );
    texts.push(
      `0.${"0".repeat(400)}1e401`,
      "1e99999999999999999999",
      "1e-99999999999999999999",
      "123456789012345678901234567890",
    );
    for (const text of texts) assert.equal(double(kernel, text), expectedDouble(text), text.slice(0, 60));
    for (
      const text of ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "NaN", "Infinity", "0x10", " 1", "1 ", "--1", "1e5.5"]
    ) {
      assert.equal(double(kernel, text), "status -1", text);
    }
  });

  Deno.test(`json text (${variant}): int64 is exact to its limits`, () => {
    const kernel = loadKernel(variant), min = -(2n ** 63n), max = 2n ** 63n - 1n;
    fc.assert(fc.property(fc.bigInt(min - 1000n, max + 1000n), (value) => {
      const fits = value >= min && value <= max;
      assert.equal(integer(kernel, "json_parse_int64", String(value)), fits ? value : -2);
      assert.equal(integer(kernel, "json_parse_int64", `${value}.000`), fits ? value : -2);
      assert.equal(integer(kernel, "json_parse_int64", `${value}00e-2`), fits ? value : -2);
      assert.equal(integer(kernel, "json_parse_int64", `${value}.5`), -3);
    }));
    for (const edge of [max, max + 1n, min, min - 1n, 2n ** 53n + 1n, 2n ** 53n - 1n]) {
      const fits = edge >= min && edge <= max;
      assert.equal(integer(kernel, "json_parse_int64", String(edge)), fits ? edge : -2);
    }
    const cases: [string, bigint | number][] = [["1e3", 1000n], ["1.5e1", 15n], ["0e999999999999999999999", 0n], [
      "-0.0",
      0n,
    ]];
    cases.push(["1e19", -2], ["1e-1", -3], ["1e999999999999999999999", -2], ["1e-999999999999999999999", -3], ["", -1]);
    cases.push(["abc", -1], ["1x", -1], ["+7", 7n], ["-", -1], [".", -1], ["0.5e1", 5n], ["00012", 12n], [
      "9.2e18",
      92n * 10n ** 17n,
    ]);
    for (const [text, value] of cases) assert.equal(integer(kernel, "json_parse_int64", text), value, text);
  });

  Deno.test(`json text (${variant}): decimals are exact or refused`, () => {
    const kernel = loadKernel(variant);
    fc.assert(fc.property(fc.bigInt(-(10n ** 18n) + 1n, 10n ** 18n - 1n), fc.nat(18), (scaled, scale) => {
      const magnitude = String(scaled < 0n ? -scaled : scaled).padStart(scale + 1, "0");
      const point = magnitude.length - scale;
      const text = `${scaled < 0n ? "-" : ""}${magnitude.slice(0, point)}.${magnitude.slice(point)}0`;
      assert.equal(integer(kernel, "json_parse_decimal", text, scale, 18), scaled, text);
    }));
    const cases: [string, number, number, bigint | number][] = [["1.005", 2, 18, -3], ["12.3", 2, 4, 1230n], [
      "123.4",
      2,
      4,
      -2,
    ]];
    cases.push(["99.99", 2, 4, 9999n], ["1e2", 2, 5, 10000n], ["-99.990", 2, 4, -9999n], ["100", 2, 4, -2], [
      "1e17",
      0,
      18,
      10n ** 17n,
    ]);
    cases.push(["1e18", 0, 18, -2], ["0.001e3", 0, 1, 1n], ["x", 0, 1, -1]);
    for (const [text, scale, precision, value] of cases) {
      assert.equal(integer(kernel, "json_parse_decimal", text, scale, precision), value, text);
    }
  });

  Deno.test(`json text (${variant}): timestamps are those of Date.parse`, () => {
    const kernel = loadKernel(variant);
    const time = fc.integer({ min: Date.parse("0000-01-01T00:00:00Z"), max: Date.parse("9999-12-31T23:59:59.999Z") });
    fc.assert(fc.property(time, fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 }), (ms, zone) => {
      const iso = new Date(ms).toISOString();
      const sign = zone < 0 ? "-" : "+", hours = String(Math.trunc(Math.abs(zone) / 60)).padStart(2, "0");
      const minutes = String(Math.abs(zone) % 60).padStart(2, "0"), local = iso.slice(0, -1);
      const at = BigInt(ms), second = BigInt(Math.floor(ms / 1000) * 1000), shifted = at - BigInt(zone) * 60_000n;
      const cases: [string, bigint][] = [[iso, at], [local, at], [local.replace("T", " "), at], [`${local}999Z`, at]];
      cases.push([iso.slice(0, 19), second], [`${iso.slice(0, 19)}Z`, second], [
        `${local}${sign}${hours}:${minutes}`,
        shifted,
      ]);
      cases.push([`${local}${sign}${hours}${minutes}`, shifted], [
        `${iso.slice(0, 21)}Z`,
        at - BigInt((ms % 100 + 100) % 100),
      ]);
      cases.push([iso.slice(0, 10), BigInt(Date.parse(iso.slice(0, 10)))], [String(ms), at]);
      for (const [text, value] of cases) assert.equal(integer(kernel, "json_parse_timestamp", text), value, text);
    }));
  });

  Deno.test(`json text (${variant}): timestamps keep to the calendar and the form`, () => {
    const kernel = loadKernel(variant);
    for (let year = 1896; year <= 2104; year++) {
      const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
      assert.equal(integer(kernel, "json_parse_timestamp", `${year}-02-29`) !== -1, leap, String(year));
    }
    for (let month = 1; month <= 12; month++) {
      const text = `2023-${String(month).padStart(2, "0")}`, last = new Date(Date.UTC(2023, month, 0)).getUTCDate();
      assert.equal(integer(kernel, "json_parse_timestamp", `${text}-${last}`), BigInt(Date.UTC(2023, month - 1, last)));
      assert.equal(integer(kernel, "json_parse_timestamp", `${text}-${last + 1}`), -1);
    }
    const bad = [
      "2024-00-01",
      "2024-13-01",
      "2024-01-00",
      "2024-01-01T24:00:00",
      "2024-01-01T23:60:00",
      "2024-01-01T23:59:60",
    ];
    bad.push("2024-01-01T00:00:00.", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+00:60");
    bad.push(
      "2024-01-01T00:00:00ZZ",
      "2024-01-01x00:00:00",
      "20a4-01-01",
      "00ab-01-01",
      "2024/01/01",
      "2024-01-01T",
      "2024-01-01T00",
    );
    bad.push(
      "2024-01-01T00:00:00+1",
      "2024-01-01T00:00:0",
      "2024-01-01T00:0a:00",
      "2024-1-1",
      "2024-01-01T00:00:00+0000x",
      "",
      "Z",
    );
    for (const text of bad) assert.equal(integer(kernel, "json_parse_timestamp", text), -1, text);
    assert.equal(integer(kernel, "json_parse_timestamp", "2024-02-29T12:34Z"), BigInt(Date.parse("2024-02-29T12:34Z")));
  });

  Deno.test(`json text (${variant}): base64 gives back what btoa took`, () => {
    const kernel = loadKernel(variant);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = btoa(String.fromCharCode(...bytes));
      for (const written of [text, text.replace(/=+$/, "")]) {
        const encoded = encoder.encode(written);
        kernel.reset();
        const at = kernel.arena(encoded.length + 1), out = kernel.arena(bytes.length + 4);
        kernel.copyIn(encoded, at);
        assert.equal(kernel.fn("json_parse_base64")(at, at + encoded.length, out), bytes.length);
        assert.deepEqual(kernel.bytes.slice(out, out + bytes.length), bytes);
      }
    }));
    for (
      const text of [
        "A",
        "AAAAA",
        "AA=",
        "A===",
        "====",
        "=",
        "AB==",
        "AAB=",
        "AA==AA==",
        "A-_A",
        "AA A",
        "A\u00e9",
        "AA\n",
      ]
    ) {
      assert.equal(read(kernel, "json_parse_base64", text).status, -1, text);
    }
  });
}

/** A double's exact value, as digits and a negative power of ten: [digits, places]. */
function exactDecimal(value: number): [bigint, number] {
  let places = 0;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0), field = Number(bits >> 52n), fraction = bits & 0xfffffffffffffn;
  let mantissa = field ? fraction | (1n << 52n) : fraction;
  const exponent = (field || 1) - 1075;
  if (exponent >= 0) return [mantissa << BigInt(exponent), 0];
  for (; places < -exponent; places++) mantissa *= 5n;
  return [mantissa, places];
}

function half([low, lowPlaces]: [bigint, number], [high, highPlaces]: [bigint, number]): string {
  const places = Math.max(lowPlaces, highPlaces) + 1;
  const sum = low * 10n ** BigInt(places - lowPlaces) + high * 10n ** BigInt(places - highPlaces);
  const text = String(sum / 2n).padStart(places + 1, "0");
  return `${text.slice(0, text.length - places)}.${text.slice(text.length - places)}`;
}

/** A number that is smaller by less than its last digit. */
function justBelow(text: string): string {
  const digits = BigInt(text.replace(".", "")) * 10n - 1n, places = text.length - text.indexOf(".");
  const padded = String(digits).padStart(places + 1, "0");
  return `${padded.slice(0, padded.length - places)}.${padded.slice(padded.length - places)}`;
}
