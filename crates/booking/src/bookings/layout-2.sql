-- What persons decided, by when that runs out: few of many bookings.
CREATE INDEX bookings_by_override ON bookings (override_until) WHERE override_until IS NOT NULL;
