-- rdx run --input examples/functions/routes.ndjson examples/functions/distance.sql
CREATE FUNCTION kilometres (
  lat1 DOUBLE,
  lon1 DOUBLE,
  lat2 DOUBLE,
  lon2 DOUBLE
) RETURNS DOUBLE LANGUAGE TYPESCRIPT AS './distance.ts#kilometres';

CREATE FUNCTION haul (km DOUBLE) RETURNS STRING LANGUAGE TYPESCRIPT AS './distance.ts#haul';

SELECT
  origin,
  destination,
  ROUND(kilometres(lat1, lon1, lat2, lon2)) AS km,
  haul(kilometres(lat1, lon1, lat2, lon2)) AS haul
FROM input;
