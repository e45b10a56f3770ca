-- Query 19, top ten: the ten highest bids for each auction, with their places.
CREATE TABLE q19 WITH ('connector' = 'view') AS
SELECT *
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS place
  FROM bid
)
WHERE place <= 10;
