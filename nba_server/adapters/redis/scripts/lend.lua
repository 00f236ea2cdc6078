-- Lends units of a cap to a bucket. The counter is a hash: since, until (the period), lent (units out, less those returned),
-- grant (the last number), and for each bucket with an open grant `b:<bucket>`: [number, units, since, until, due ms].
--
-- KEYS: counter, clock
-- ARGV: bucket, amount, since, until, fewest units to lend at all, units wanted, most units, share of what is free to lend if that
--       is more than wanted, lease ms, slack (negative: not paced)
-- Replies [how, number, units, since, until]: `lent`; `open` with the grant that must be settled first; `empty`; or `later`,
-- when the period that was asked for is not the one that runs.
local bucket, amount, since, until_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local fewest, wanted, most, share = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local lease, slack = tonumber(ARGV[9]), tonumber(ARGV[10])
local now = store_time(KEYS[2])

local function reply(how, grant) return cmsgpack.pack({how, grant[1], grant[2], grant[3], grant[4]}) end

local open = redis.call('HGET', KEYS[1], 'b:' .. bucket)
if open then return reply('open', cmsgpack.unpack(open)) end

local stored = redis.call('HMGET', KEYS[1], 'since', 'until', 'lent')
local lent = tonumber(stored[3] or 0)
local running = stored[1] and (tonumber(stored[2]) == 0 or now < tonumber(stored[2]))
if running then
  since, until_ms = tonumber(stored[1]), tonumber(stored[2])
else
  if now < since or (until_ms > 0 and now >= until_ms) then return reply('later', {0, 0, since, until_ms}) end
  lent = 0
end

local released = amount
if slack >= 0 and until_ms > 0 then
  released = math.floor(amount * math.min(1, (now - since) / (until_ms - since) + slack))
end
local free = released - lent
local units = math.max(0, math.min(free, most, math.max(wanted, math.ceil(free * share))))
if units < fewest then return reply('empty', {0, 0, since, until_ms}) end

local number = redis.call('HINCRBY', KEYS[1], 'grant', 1)
local function whole(value) return string.format('%.0f', value) end
redis.call('HSET', KEYS[1], 'since', whole(since), 'until', whole(until_ms), 'lent', whole(lent + units),
  'b:' .. bucket, cmsgpack.pack({number, units, since, until_ms, now + lease}))
return reply('lent', {number, units, since, until_ms})
