-- Query 4, average price of a category: the highest bid of each auction while it was open, averaged by category. Both
-- aggregates change with every bid.
CREATE TABLE q4 WITH ('connector' = 'view') AS
SELECT category, CAST(AVG(final) AS BIGINT) AS final
FROM (
  SELECT a.category, MAX(b.price) AS final
  FROM auction AS a
  JOIN bid AS b ON a.id = b.auction
  WHERE b.`dateTime` BETWEEN a.`dateTime` AND a.expires
  GROUP BY a.id, a.category
) AS q
GROUP BY category;
