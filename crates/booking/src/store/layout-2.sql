-- What a verdict is about: the rate that was asked for, bit/s, the network that the room was on, and whether the server was on the
-- internet. Not known of older ones.
ALTER TABLE samples ADD COLUMN rate INTEGER;
ALTER TABLE samples ADD COLUMN network INTEGER;
ALTER TABLE samples ADD COLUMN public INTEGER;
-- A forecast reads a few hours of each of many days, and no mere measures.
CREATE INDEX verdicts ON samples (room, series, at, outcome, reason, value, rate, network, public) WHERE outcome <> 0;
