-- Query 12, processing time windows: how many bids a bidder made in every ten seconds of the wall clock.
CREATE VIEW arrived AS SELECT *, PROCTIME() AS p_time FROM bid;

CREATE TABLE q12 WITH ('connector' = 'view') AS
SELECT bidder, COUNT(*) AS bid_count, window_start AS starttime, window_end AS endtime
FROM TABLE(TUMBLE(TABLE arrived, DESCRIPTOR(p_time), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end;
