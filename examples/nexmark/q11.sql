-- Query 11, user sessions: how many bids a bidder made in each time of activity, which ends after ten seconds without a bid.
CREATE TABLE q11 WITH ('connector' = 'view') AS
SELECT bidder, COUNT(*) AS bid_count, window_start AS starttime, window_end AS endtime
FROM TABLE(SESSION(TABLE bid PARTITION BY bidder, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end;
