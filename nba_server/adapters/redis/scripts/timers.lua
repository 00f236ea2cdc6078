-- The timer of a customer: when the first of the ledger's contacts must be looked at, or earlier, never later.

-- Sets it to what is known of the whole ledger: 0 removes it, a negative one changes nothing.
local function set_timer(key, ref, due)
  if due > 0 then
    redis.call('ZADD', key, string.format('%.0f', due), ref)
  elseif due == 0 then
    redis.call('ZREM', key, ref)
  end
end

-- One more thing to look at: an earlier time stays.
local function look_by(key, ref, due)
  if due > 0 then redis.call('ZADD', key, 'LT', string.format('%.0f', due), ref) end
end
