-- Query 0, pass through: every bid as it is. What it costs to read and write.
CREATE TABLE q0 WITH ('connector' = 'view') AS
SELECT auction, bidder, price, `dateTime`, extra
FROM bid;
