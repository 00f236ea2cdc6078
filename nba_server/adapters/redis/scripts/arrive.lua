-- Second step of a move: the record is put down where it will live, unseen until somebody is pointed to it. Members of the
-- household count it from here on, before it is seen: at worst a contact too few, never one too many.
--
-- KEYS: customer, due, members of the household or the customer again (none), then the requests of ARGV 4
-- ARGV 1: [engagement version, ref, joins a household]
-- ARGV 2: [field, value, ...].  ARGV 3: due ms, 0 for no timer.  ARGV 4: [record, ms to live, ...] of the requests
-- Replies 1, or 0 when a later move has been here.
local meta, fields, requests = cmsgpack.unpack(ARGV[1]), cmsgpack.unpack(ARGV[2]), cmsgpack.unpack(ARGV[4])
if tonumber(redis.call('HGET', KEYS[1], 'ev') or 0) >= meta[1] then return 0 end
local pointer = redis.call('HGET', KEYS[1], 'at')
redis.call('DEL', KEYS[1])
for i = 1, #fields, 2 do redis.call('HSET', KEYS[1], fields[i], fields[i + 1]) end
if pointer then redis.call('HSET', KEYS[1], 'at', pointer) end
set_timer(KEYS[2], meta[2], tonumber(ARGV[3]))
for i = 1, #requests, 2 do redis.call('SET', KEYS[(i + 7) / 2], requests[i], 'PX', requests[i + 1], 'NX') end
if meta[3] then redis.call('SADD', KEYS[3], meta[2]) end
return 1
