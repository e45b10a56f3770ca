-- Query 10, log to files: every bid with its day and minute, into a file.
CREATE TABLE q10 WITH ('connector' = 'filesystem', 'path' = 'q10.csv', 'format' = 'csv') AS
SELECT auction, bidder, price, `dateTime`, extra,
  DATE_FORMAT(`dateTime`, 'yyyy-MM-dd') AS dt, DATE_FORMAT(`dateTime`, 'HH:mm') AS hm
FROM bid;
