-- The stored answer of a request that cannot be decided any more, or nothing where it was never decided.
--
-- KEYS: customer, request.  ARGV: fingerprint, attempt, anonymous (1 or 0), channel, answer parts when consent was withdrawn
local earlier = redis.call('GET', KEYS[2])
if not earlier then return {'unknown', '', ''} end
local record = cmsgpack.unpack(earlier)
if record[1] ~= ARGV[1] then return {'conflict', '', ''} end
return answered_again(KEYS[2], record, ARGV[2], ARGV[3] == '0' and KEYS[1] or nil, ARGV[4], ARGV[5])
