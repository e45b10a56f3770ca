-- Query 12, processing time windows: how many bids a bidder made in every ten seconds of the wall clock. The table of its
-- own has no watermark: its rows go by the time at which they are taken.
CREATE TABLE arriving_bid (
  bidder BIGINT NOT NULL,
  p_time AS PROCTIME()
) WITH (
  'connector' = 'nexmark',
  'table' = 'bid',
  'events' = '1000000',
  'events-per-second' = '10000',
  'seed' = '1'
);

CREATE TABLE q12 WITH ('connector' = 'view') AS
SELECT bidder, COUNT(*) AS bid_count, window_start AS starttime, window_end AS endtime
FROM TABLE(TUMBLE(TABLE arriving_bid, DESCRIPTOR(p_time), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end;
