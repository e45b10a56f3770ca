-- Query 7, highest bid: the highest bids of every ten seconds.
CREATE TABLE q7 WITH ('connector' = 'view') AS
SELECT b.auction, b.bidder, b.price, b.`dateTime`, b.extra
FROM (
  SELECT *
  FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
) AS b
JOIN (
  SELECT MAX(price) AS highest, window_start, window_end
  FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
  GROUP BY window_start, window_end
) AS m
ON b.window_start = m.window_start AND b.window_end = m.window_end AND b.price = m.highest;
