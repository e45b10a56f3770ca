import { npmPackageFiles } from "../../../scripts/npm_files.ts";
import { VEGA_DATASETS } from "../../../examples/flights/data.ts";

type Kind =
  | "BIGINT"
  | "DOUBLE"
  | "STRING"
  | "BOOLEAN"
  | "TIMESTAMP(3)"
  | "DECIMAL(10, 2)"
  | `DECIMAL(${number}, ${number})`;
type Cell = string | number | boolean | null;

/** A table that both sides read from the same lines. */
export interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, Kind>>;
  /** The column that its rows are in order of, if there is one. */
  readonly time: string | null;
  readonly rows: readonly (readonly Cell[])[];
}

type Row = Readonly<Record<string, Cell>>;

/** The tables of the queries, most of them of npm `vega-datasets`. */
export async function readTables(): Promise<Table[]> {
  const folder = `${await npmPackageFiles("vega-datasets", VEGA_DATASETS)}/data`;
  const json = async (name: string): Promise<Row[]> => JSON.parse(await Deno.readTextFile(`${folder}/${name}.json`));
  const csv = async (name: string) => {
    const lines = (await Deno.readTextFile(`${folder}/${name}.csv`)).trim().split(/\r?\n/);
    return lines.slice(1).map((line) => line.split(","));
  };
  const number = (text: string) => text === "" ? null : Number(text);
  const day = (text: Cell) => text === null ? null : new Date(`${text} UTC`).toISOString();
  return [
    {
      name: "cars",
      columns: {
        name: "STRING",
        mpg: "DOUBLE",
        cylinders: "BIGINT",
        displacement: "DOUBLE",
        horsepower: "BIGINT",
        weight: "BIGINT",
        acceleration: "DOUBLE",
        made: "TIMESTAMP(3)",
        origin: "STRING",
      },
      time: null,
      rows: (await json("cars")).map((row) =>
        Object.entries(row).map(([name, value]) => name === "Year" ? day(value) : value)
      ),
    },
    {
      name: "movies",
      columns: {
        title: "STRING",
        us: "BIGINT",
        worldwide: "BIGINT",
        budget: "BIGINT",
        rating: "STRING",
        minutes: "BIGINT",
        distributor: "STRING",
        source: "STRING",
        genre: "STRING",
        director: "STRING",
        rotten: "BIGINT",
        imdb: "DOUBLE",
        votes: "BIGINT",
      },
      time: null,
      rows: (await json("movies")).map((row) => [
        row.Title === null ? null : String(row.Title),
        row["US Gross"],
        row["Worldwide Gross"],
        row["Production Budget"],
        row["MPAA Rating"],
        row["Running Time min"],
        row.Distributor,
        row.Source,
        row["Major Genre"],
        row.Director,
        row["Rotten Tomatoes Rating"],
        row["IMDB Rating"],
        row["IMDB Votes"],
      ]),
    },
    {
      name: "penguins",
      columns: {
        species: "STRING",
        island: "STRING",
        beak_length: "DOUBLE",
        beak_depth: "DOUBLE",
        flipper: "BIGINT",
        mass: "BIGINT",
        sex: "STRING",
      },
      time: null,
      rows: (await json("penguins")).map((row) => Object.values(row)),
    },
    {
      name: "weather",
      columns: {
        ts: "TIMESTAMP(3)",
        rain: "DOUBLE",
        high: "DOUBLE",
        low: "DOUBLE",
        wind: "DOUBLE",
        kind: "STRING",
      },
      time: "ts",
      rows: (await csv("seattle-weather")).map(([date, ...others]) => [
        day(date),
        ...others.slice(0, 4).map(number),
        others[4],
      ]),
    },
    {
      name: "stocks",
      columns: { symbol: "STRING", day: "TIMESTAMP(3)", price: "DOUBLE" },
      time: null,
      rows: (await csv("stocks")).map(([symbol, date, price]) => [symbol, day(date), Number(price)]),
    },
    {
      name: "flights",
      columns: {
        n: "BIGINT",
        ts: "TIMESTAMP(3)",
        delay: "BIGINT",
        distance: "BIGINT",
        origin: "STRING",
        destination: "STRING",
      },
      time: "ts",
      rows: (await json("flights-2k")).map((row, n) => [
        n,
        day(row.date),
        row.delay,
        row.distance,
        row.origin,
        row.destination,
      ]),
    },
    { name: "odd", columns: ODD_COLUMNS, time: null, rows: ODD_ROWS },
    { name: "ticks", columns: { n: "BIGINT", ts: "TIMESTAMP(3)", k: "STRING" }, time: "ts", rows: TICKS },
    { name: "large", columns: LARGE_COLUMNS, time: null, rows: LARGE_ROWS },
    { name: "tags", columns: { id: "BIGINT", tag: "STRING" }, time: null, rows: TAGS },
  ];
}

const ODD_COLUMNS = {
  id: "BIGINT",
  i: "BIGINT",
  d: "DOUBLE",
  t: "STRING",
  b: "BOOLEAN",
  ts: "TIMESTAMP(3)",
  m: "DECIMAL(10, 2)",
} as const;

/** Values that functions get wrong: NULL, halves, zeros, ends of ranges, leap days, characters of one to four bytes. */
const ODD_ROWS: readonly (readonly Cell[])[] = [
  [1, 0, 0, "", true, "1970-01-01T00:00:00.000Z", "0.00"],
  [2, -1, -0.5, "a", false, "1969-12-31T23:59:59.999Z", "-0.01"],
  [3, 7, 2.5, "A b  c ", null, "2024-02-29T12:34:56.789Z", "2.50"],
  [4, -7, -2.5, "naïve café", true, "2023-02-28T23:00:00.000Z", "-2.55"],
  [5, 2147483648, 1e15, "漢字 kanji", false, "2000-12-31T23:59:59.000Z", "99999999.99"],
  [6, 9007199254740993, 1.005, "100%_sure\\", true, "1900-03-01T00:00:00.000Z", "-99999999.99"],
  [7, 5, 0.1, "🙂 smile", null, "2038-01-19T03:14:08.000Z", "0.05"],
  [8, null, null, null, null, null, null],
  [9, 3, 3.5, 'it\'s "quoted"', false, "2024-12-30T00:00:00.000Z", "1234.56"],
  [10, -3, -3.5, "a,b;c", true, "2021-01-03T06:07:08.009Z", "-1234.56"],
  [11, 100, 1e-7, "  both  ", false, "2020-02-29T00:00:00.000Z", "10.00"],
  [12, 64, 123456.789, "ÀÉÎõü", true, "1999-12-31T23:59:59.999Z", "0.10"],
  [13, 7, 0.5, "a", null, "2024-02-29T00:00:00.000Z", "2.50"],
  [14, null, 1.5, "ab_c%d", true, null, "3.33"],
  [15, -100, -1.5, null, false, "1969-07-20T20:17:40.000Z", null],
];

/** Rows on the borders of windows, just before and just behind them, several at one time. */
const TICKS: readonly (readonly Cell[])[] = [
  ...[
    -10_000,
    -1,
    0,
    0,
    1,
    4999,
    5000,
    5000,
    9999,
    10_000,
    10_000,
    10_001,
    13_000,
    20_000,
    20_000,
    29_999,
    30_000,
    61_000,
  ],
].map((ms, n) => [n, new Date(ms).toISOString(), n % 3 === 0 ? "a" : "b"]);
const LARGE_COLUMNS = {
  id: "BIGINT",
  g: "STRING",
  w: "DECIMAL(30, 8)",
  v: "DECIMAL(20, 0)",
  m: "DECIMAL(10, 2)",
  i: "BIGINT",
} as const;

/** Decimals around the ends of 64 bits, of 18 digits and of their types; some are equal over all columns. */
const LARGE_ROWS: readonly (readonly Cell[])[] = [
  [1, "a", "1234567890123456789012.12345678", "12345678901234567890", "12345678.90", 7],
  [2, "a", "-9999999999999999999999.99999999", "-99999999999999999999", "-99999999.99", -7],
  [3, "b", "0.00000001", "1", "0.01", 1],
  [4, "b", "-0.00000005", "-1", "-0.05", -1],
  [5, "b", "9223372036854775807", "9223372036854775807", "2.50", "9223372036854775807"],
  [6, "c", "9223372036854775808.5", "9223372036854775808", "-2.50", "-9223372036854775808"],
  [7, "c", "999999999999999999", "999999999999999999", "100.00", "999999999999999999"],
  [8, "c", "1000000000000000000", "1000000000000000000", "100.00", "1000000000000000000"],
  [9, "c", "-1000000000000000001.00000001", "-1000000000000000001", "0.99", 100],
  [10, "d", "100", "100", "100.00", 100],
  [11, "d", "12345678901234567890", "12345678901234567890", "7.00", 7],
  [12, null, "1.5", "2", "1.50", 2],
  [13, null, null, null, null, null],
];

const TAGS: readonly (readonly Cell[])[] = [
  [1, "x"],
  [1, "y"],
  [3, "x"],
  [3, null],
  [4, "z"],
  [7, "y"],
  [9, "x"],
  [9, "x"],
  [16, "w"],
  [null, "v"],
];
