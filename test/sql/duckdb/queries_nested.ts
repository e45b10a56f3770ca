import type { Query } from "./query.ts";

/** Arrays, and a row for each of their items. */
export const NESTED: readonly Query[] = [
  "SELECT name, x FROM cars, UNNEST(ARRAY[weight, horsepower]) AS u (x) WHERE mpg > 35",
  "SELECT name, x FROM cars CROSS JOIN UNNEST(ARRAY[weight, horsepower]) AS u (x) WHERE mpg > 35 AND x > 2000",
  "SELECT x, COUNT(*) FROM cars, UNNEST(ARRAY[cylinders, 4]) AS u (x) GROUP BY x",
  "SELECT SUM(x), COUNT(x), COUNT(*) FROM movies, UNNEST(ARRAY[us, worldwide, budget]) AS u (x)",
  "SELECT genre, MAX(x) FROM movies, UNNEST(ARRAY[us, worldwide]) AS u (x) WHERE imdb > 8 GROUP BY genre",
  "SELECT a.x, b.y, COUNT(*) FROM cars, UNNEST(ARRAY[cylinders]) AS a (x), UNNEST(ARRAY[origin, 'all']) AS b (y) GROUP BY a.x, b.y",
  "SELECT x FROM UNNEST(ARRAY[3, 1, 2]) AS u (x) WHERE x > 1",
  "SELECT DISTINCT x FROM tags, UNNEST(ARRAY[tag, 'z']) AS u (x)",
  "SELECT c.name, t.tag FROM cars AS c, UNNEST(ARRAY[c.cylinders, 3]) AS u (x) JOIN tags AS t ON t.id = u.x WHERE c.mpg > 40",
  "SELECT name, (ARRAY[weight, cylinders, horsepower])[2] FROM cars WHERE mpg > 35",
  "SELECT name, (ARRAY[weight, cylinders])[5] FROM cars WHERE mpg > 40",
  [
    "SELECT origin, CARDINALITY(ARRAY_AGG(name)) FROM cars GROUP BY origin",
    "SELECT origin, len(array_agg(name)) FROM cars GROUP BY origin",
  ],
  [
    "SELECT name, ARRAY_CONTAINS(ARRAY[cylinders, 6], 4) FROM cars",
    "SELECT name, list_contains([cylinders, 6], 4) FROM cars",
  ],
  [
    "SELECT name, ARRAY_POSITION(ARRAY[6, cylinders], 4) FROM cars WHERE cylinders = 4",
    "SELECT name, list_position([6, cylinders], 4) FROM cars WHERE cylinders = 4",
  ],
  [
    "SELECT title, ARRAY_MAX(ARRAY[us, worldwide, budget]) FROM movies",
    "SELECT title, list_max([us, worldwide, budget]) FROM movies",
  ],
  [
    "SELECT title, ARRAY_MIN(ARRAY[us, worldwide, budget]) FROM movies",
    "SELECT title, list_min([us, worldwide, budget]) FROM movies",
  ],
  ["SELECT ARRAY_JOIN(ARRAY[origin, name], '-') FROM cars", "SELECT array_to_string([origin, name], '-') FROM cars"],
  [
    "SELECT name, CARDINALITY(ARRAY_DISTINCT(ARRAY[cylinders, 4, 6])) FROM cars",
    "SELECT name, len(list_distinct([cylinders, 4, 6])) FROM cars",
  ],
  [
    "SELECT name, ARRAY_REVERSE(ARRAY[weight, cylinders])[1] FROM cars",
    "SELECT name, list_reverse([weight, cylinders])[1] FROM cars",
  ],
  [
    "SELECT name, ARRAY_SORT(ARRAY[weight, cylinders, 100])[2] FROM cars",
    "SELECT name, list_sort([weight, cylinders, 100])[2] FROM cars",
  ],
  [
    "SELECT name, x FROM cars, UNNEST(SPLIT(name, ' ')) AS u (x) WHERE mpg > 40",
    "SELECT name, x FROM cars, UNNEST(string_split(name, ' ')) AS u (x) WHERE mpg > 40",
  ],
  [
    "SELECT x, COUNT(*) FROM cars, UNNEST(SPLIT(name, ' ')) AS u (x) GROUP BY x",
    "SELECT x, COUNT(*) FROM cars, UNNEST(string_split(name, ' ')) AS u (x) GROUP BY x",
  ],
  [
    "SELECT ARRAY_MAX(a), ARRAY_CONTAINS(a, 9.5), ARRAY_SORT(a)[1], ARRAY_POSITION(a, a[2]) FROM " +
    "(SELECT ARRAY_AGG(CAST(cylinders * 2.5 - 0.5 AS DECIMAL(10, 1))) AS a FROM cars)",
    "SELECT list_max(a), list_contains(a, 9.5), list_sort(a)[1], list_position(a, a[2]) FROM " +
    "(SELECT array_agg(CAST(cylinders * 2.5 - 0.5 AS DECIMAL(10, 1))) AS a FROM cars)",
  ],
];
