-- Puts a grant into the bucket's lease, once: not after it was closed. Replies 1 or 0.
--
-- KEYS: leases of the bucket.  ARGV: cap, number, units, since, until
local number, units, since, until_ms = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local lease = lease_of(KEYS[1], ARGV[1])
if lease and lease[GRANT] >= number then return 0 end
local left = lease and lease[SINCE] == since and lease[LEFT] or 0
redis.call('HSET', KEYS[1], ARGV[1], cmsgpack.pack({number, left + units, since, until_ms, 0, 0}))
return 1
