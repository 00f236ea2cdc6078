-- A visitor becomes a customer, in one call: both records lie in one slot, the customer's takes everything over, the visitor's
-- turns into the pointer to it. Before it there are two people, after it there is one.
--
-- KEYS: customer, visitor, journal, due, clock
-- ARGV 1: [customer's engagement version, visitor's, customer's ref, visitor's ref, pointer without its version, when the customer
--         must be looked at (0: never)]
-- ARGV 2: [field, value, ...] of the customer.  ARGV 3: journal entry
-- ARGV 4: [channel or `*`, ...] on which consent is taken back.  ARGV 5: what the caller is answered, now and again
-- Replies 1, or 0 when somebody was faster.
local meta, fields = cmsgpack.unpack(ARGV[1]), cmsgpack.unpack(ARGV[2])
local customer_version, visitor_version, customer, visitor, pointer, due = unpack(meta)
if tonumber(redis.call('HGET', KEYS[1], 'ev') or 0) ~= customer_version then return 0 end
if tonumber(redis.call('HGET', KEYS[2], 'ev') or 0) ~= visitor_version then return 0 end

-- Withdrawals add up: an answer that either record had before one of them is not repeated.
local stored = redis.call('HGETALL', KEYS[2])
for i = 1, #stored, 2 do
  if string.sub(stored[i], 1, 2) == 'w:' then redis.call('HINCRBY', KEYS[1], stored[i], stored[i + 1]) end
end
for _, channel in ipairs(cmsgpack.unpack(ARGV[4])) do redis.call('HINCRBY', KEYS[1], 'w:' .. channel, 1) end

for _, version in ipairs({'ev', 'pv', 'gv'}) do redis.call('HINCRBY', KEYS[1], version, 1) end
for i = 1, #fields, 2 do redis.call('HSET', KEYS[1], fields[i], fields[i + 1]) end
set_timer(KEYS[4], customer, due)
set_timer(KEYS[4], visitor, 0)

local versions = redis.call('HMGET', KEYS[2], 'pv', 'gv')
local version = string.format('%.0f', visitor_version + 1)
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'at', pointer .. '|' .. version, 'm', ARGV[5], 'ev', version,
  'pv', string.format('%.0f', tonumber(versions[1] or 0) + 1), 'gv', string.format('%.0f', tonumber(versions[2] or 0) + 1))
redis.call('XADD', KEYS[3], '*', 'e', ARGV[3], 't', string.format('%.0f', store_time(KEYS[5])), 'k', 'identity')
return 1
