-- Query 1, currency: every bid with its price in euros.
CREATE TABLE q1 WITH ('connector' = 'view') AS
SELECT auction, bidder, 0.908 * price AS price, `dateTime`, extra
FROM bid;
