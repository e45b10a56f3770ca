-- Query 18, last bid: the last bid of each bidder for each auction.
CREATE TABLE q18 WITH ('connector' = 'view') AS
SELECT auction, bidder, price, channel, url, `dateTime`, extra
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY `dateTime` DESC) AS place
  FROM bid
)
WHERE place <= 1;
