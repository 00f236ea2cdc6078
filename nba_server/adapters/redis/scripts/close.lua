-- Closes a grant in its bucket and replies with the units to return, the same each time. A grant that never arrived is closed
-- too, so that it cannot arrive later.
--
-- KEYS: leases of the bucket.  ARGV: cap, number, units, since, until
local number, units, since, until_ms = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local lease = lease_of(KEYS[1], ARGV[1])
if lease and lease[GRANT] == number and lease[CLOSED] == 1 then return string.format('%.0f', lease[RETURNED]) end
if lease and lease[GRANT] > number then return '0' end
local left = lease and lease[SINCE] == since and lease[LEFT] or 0
if not lease or lease[GRANT] < number then left = left + units end
redis.call('HSET', KEYS[1], ARGV[1], cmsgpack.pack({number, 0, since, until_ms, 1, left}))
return string.format('%.0f', left)
