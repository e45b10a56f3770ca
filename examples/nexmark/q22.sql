-- Query 22, folders of the address: bids with the three folders of their address.
CREATE TABLE q22 WITH ('connector' = 'view') AS
SELECT auction, bidder, price, channel,
  SPLIT_INDEX(url, '/', 3) AS dir1,
  SPLIT_INDEX(url, '/', 4) AS dir2,
  SPLIT_INDEX(url, '/', 5) AS dir3
FROM bid;
