-- The auction site of Nexmark: people come, put things up for auction, and bid. Of 50 events one is a person, three
-- are auctions and 46 are bids. The three tables are one stream of events: they have the same numbers.

CREATE TABLE person (
  id BIGINT NOT NULL,
  name STRING NOT NULL,
  emailAddress STRING NOT NULL,
  creditCard STRING NOT NULL,
  city STRING NOT NULL,
  state STRING NOT NULL,
  `dateTime` TIMESTAMP(3) NOT NULL,
  extra STRING NOT NULL,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH (
  'connector' = 'nexmark',
  'table' = 'person',
  'events' = '1000000',
  'events-per-second' = '10000',
  'seed' = '1'
);

CREATE TABLE auction (
  id BIGINT NOT NULL,
  itemName STRING NOT NULL,
  description STRING NOT NULL,
  initialBid BIGINT NOT NULL,
  reserve BIGINT NOT NULL,
  `dateTime` TIMESTAMP(3) NOT NULL,
  expires TIMESTAMP(3) NOT NULL,
  seller BIGINT NOT NULL,
  category BIGINT NOT NULL,
  extra STRING NOT NULL,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH (
  'connector' = 'nexmark',
  'table' = 'auction',
  'events' = '1000000',
  'events-per-second' = '10000',
  'seed' = '1'
);

CREATE TABLE bid (
  auction BIGINT NOT NULL,
  bidder BIGINT NOT NULL,
  price BIGINT NOT NULL,
  channel STRING NOT NULL,
  url STRING NOT NULL,
  `dateTime` TIMESTAMP(3) NOT NULL,
  extra STRING NOT NULL,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH (
  'connector' = 'nexmark',
  'table' = 'bid',
  'events' = '1000000',
  'events-per-second' = '10000',
  'seed' = '1'
);
