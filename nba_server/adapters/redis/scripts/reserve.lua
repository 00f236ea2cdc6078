-- One decision on a customer who is still as it was read: no limit is counted again, nothing is unpacked. What is written was
-- worked out by the server, for a contact at the time of the read. All checks precede the first write; a second run of the same
-- call answers what the first one did.
--
-- KEYS: customer, journal, request, due, clock
-- ARGV 1-4: fingerprint, attempt, channel, answer parts when consent was withdrawn
-- ARGV 5-6: time of the read, valid until (0: for ever)
-- ARGV 7-10: versions of profile, guard and engagement, and that of the engagement behind it; all '' for an anonymous visitor
-- ARGV 11-12: ledger ('' when nothing is reserved), suppressions under changed rules ('' when they stay)
-- ARGV 13-15: ms that the record is remembered, journal entry, picks
-- ARGV 16-18: the request's record up to the stream id, from there to the withdrawals, and what follows
-- ARGV 19...: due ms, member of the timers, ...
-- Replies as decide.lua does, but `reserved` where what the server proposed was committed, and `changed` where decide.lua must
-- commit it.
local fingerprint, attempt, channel, anonymous = ARGV[1], ARGV[2], ARGV[3], ARGV[7] == ''

local earlier = redis.call('GET', KEYS[3])
if earlier then
  local record = cmsgpack.unpack(earlier)
  if record[1] ~= fingerprint then return {'conflict', '', ''} end
  return answered_again(KEYS[3], record, attempt, not anonymous and KEYS[1] or nil, channel, ARGV[4])
end

local now = store_time(KEYS[5])
local valid_until = tonumber(ARGV[6])
if valid_until > 0 and now > valid_until then return {'stale', '', ''} end
if now < tonumber(ARGV[5]) then return {'changed'} end
local taken_back = 0
if not anonymous then
  local stored = redis.call('HMGET', KEYS[1], 'pv', 'gv', 'ev', 'w:*', 'w:' .. channel)
  if (stored[1] or '0') ~= ARGV[7] or (stored[2] or '0') ~= ARGV[8] then return {'stale', '', ''} end
  if (stored[3] or '0') ~= ARGV[9] then return {'changed'} end
  taken_back = (stored[4] or 0) + (stored[5] or 0)
end

-- From here on: writes only.
if ARGV[11] ~= '' then
  redis.call('HSET', KEYS[1], 'ev', ARGV[10], 'l', ARGV[11])
  if ARGV[19] then redis.call('ZADD', KEYS[4], unpack(ARGV, 19)) end
end
if ARGV[12] ~= '' then redis.call('HSET', KEYS[1], 's', ARGV[12]) end
local stream_id = redis.call('XADD', KEYS[2], '*', 'e', ARGV[14], 't', ARGV[5], 'k', 'decision', 'p', ARGV[15])
local record = ARGV[16] .. cmsgpack.pack(stream_id) .. ARGV[17] .. cmsgpack.pack(taken_back) .. ARGV[18]
redis.call('SET', KEYS[3], record, 'PX', ARGV[13])
return {'reserved'}
