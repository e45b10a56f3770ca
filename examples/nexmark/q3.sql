-- Query 3, local items: who sells in category 10 from Oregon, Idaho or California. A join of two streams whose rows wait for each other.
CREATE TABLE q3 WITH ('connector' = 'view') AS
SELECT p.name, p.city, p.state, a.id
FROM auction AS a
JOIN person AS p ON a.seller = p.id
WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA');
