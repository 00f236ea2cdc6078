-- What a request that was answered before is answered again. The record of a request is
-- [fingerprint, decision id, stream id, picks, answer, attempts, withdrawals, length of the answer's head, swap]; `attempts`
-- names every call that had the answer and may still rely on it, so that what nobody relies on can be released. `swap` is there
-- when the decision took the place of another: [request key of that, engagement version behind the swap (-1: cannot be undone),
-- [contact id, end of its reservation] of what was released by it].
local MOST_ATTEMPTS = 16

-- How often consent was taken back, on the channel and on all; never decreases.
local function withdrawals(customer, channel)
  local counts = redis.call('HMGET', customer, 'w:*', 'w:' .. channel)
  return tonumber(counts[1] or 0) + tonumber(counts[2] or 0)
end

-- The reply to a repeat. `customer` is nil for an anonymous visitor. Always writes, so that a WAIT behind it covers it.
local function answered_again(key, record, attempt, customer, channel, withdrawn)
  local known = #record[6] > MOST_ATTEMPTS
  for _, name in ipairs(record[6]) do known = known or name == attempt end
  if not known then record[6][#record[6] + 1] = attempt end
  redis.call('SET', key, cmsgpack.pack(record), 'KEEPTTL')
  if customer and withdrawals(customer, channel) > record[7] then
    return {'repeated', string.sub(record[5], 1, record[8]) .. withdrawn, ''}
  end
  return {'repeated', record[5], record[4]}
end
