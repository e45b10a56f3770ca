-- Query 2, selection: bids for every 123rd auction.
CREATE TABLE q2 WITH ('connector' = 'view') AS
SELECT auction, price
FROM bid
WHERE MOD(auction, 123) = 0;
