-- First step of a move: takes the customer's turn, so that whoever began a move earlier cannot end it any more.
--
-- KEYS: customer, due.  ARGV: engagement version, ref
-- Replies {fields, timers} as field, value, ... and contact id, due ms, ...; or nothing when somebody was faster.
local ID = 1
if tonumber(redis.call('HGET', KEYS[1], 'ev') or 0) ~= tonumber(ARGV[1]) then return {} end
redis.call('HINCRBY', KEYS[1], 'ev', 1)
local timers, packed = {}, redis.call('HGET', KEYS[1], 'l')
for _, contact in ipairs(packed and packed ~= '' and cmsgpack.unpack(packed) or {}) do
  local due = redis.call('ZSCORE', KEYS[2], ARGV[2] .. '|' .. contact[ID])
  if due then
    timers[#timers + 1] = contact[ID]
    timers[#timers + 1] = due
  end
end
return {redis.call('HGETALL', KEYS[1]), timers}
