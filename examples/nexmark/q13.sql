-- Query 13, bounded side input join: every bid with what a file says of its auction. `deno run -A side_input.ts` writes the file.
CREATE TABLE side_input (
  key BIGINT NOT NULL,
  `value` STRING NOT NULL,
  valid_from TIMESTAMP(3) NOT NULL,
  WATERMARK FOR valid_from AS valid_from,
  PRIMARY KEY (key) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = 'side_input.csv',
  'format' = 'csv'
);

CREATE TABLE q13 WITH ('connector' = 'view') AS
SELECT b.auction, b.bidder, b.price, b.`dateTime`, s.`value`
FROM (SELECT *, MOD(auction, 10000) AS side FROM bid) AS b
JOIN side_input FOR SYSTEM_TIME AS OF b.`dateTime` AS s ON b.side = s.key;
