-- A call that had a decision's answer, or may have caused the decision, has gone. When no other call relies on the decision,
-- its open reservations are released and the request is forgotten: the same id decides anew. What the decision had taken the place
-- of may be superseded again; it holds again what it held, if nothing else has happened to the customer since.
--
-- KEYS: customer, journal, request, due, clock, leases of caps
-- ARGV: attempt (itself and all `attempt/...`; empty: all there are), ref, then contact id, journal entry, ... for each reservation to release
-- Replies `absent` (the call has no part in the request, or none yet), `kept` (another call relies on it), `released`, or
-- `wanted`, decision id, time, then contact id, action, channel, ... when entries are missing; nothing is changed then.
local stored = redis.call('GET', KEYS[3])
if not stored then return {'absent'} end
local record, others, part = cmsgpack.unpack(stored), {}, false
for _, name in ipairs(record[6]) do
  if ARGV[1] == '' or name == ARGV[1] or string.sub(name, 1, #ARGV[1] + 1) == ARGV[1] .. '/' then part = true else others[#others + 1] = name end
end
if not part then return {'absent'} end
if #others > 0 then
  record[6] = others
  redis.call('SET', KEYS[3], cmsgpack.pack(record), 'KEEPTTL')
  return {'kept'}
end

local now = store_time(KEYS[5])
local entries, wanted, open = {}, {'wanted', record[2], string.format('%.0f', now)}, {}
for i = 3, #ARGV, 2 do entries[ARGV[i]] = ARGV[i + 1] end
local packed = redis.call('HGET', KEYS[1], 'l')
local ledger = packed and packed ~= '' and cmsgpack.unpack(packed) or {}
for _, contact in ipairs(ledger) do
  if contact[DECISION] == record[2] and contact[STATE] == 'R' and contact[EXPIRES] > now then
    open[#open + 1] = contact
    if not entries[contact[ID]] then
      for _, field in ipairs({ID, ACTION, CHANNEL}) do wanted[#wanted + 1] = contact[field] end
    end
  end
end
if #wanted > 3 then return wanted end

-- The mark of a decision that it was superseded lies beside its request.
local function mark(request_key) return (string.gsub(KEYS[3], ':r:[^:]*$', ':x:' .. request_key)) end

-- Takes the units of a contact that counts again; nothing is changed where one of its caps cannot give them any more.
local function charged_again(taken)
  for i, charge in ipairs(taken) do
    local lease = lease_of(KEYS[6], charge[1])
    if not lease or lease[SINCE] ~= charge[3] or lease[LEFT] < charge[2] then
      for j = 1, i - 1 do give_back(KEYS[6], {taken[j]}) end
      return false
    end
    give_back(KEYS[6], {{charge[1], -charge[2], charge[3]}})
  end
  return true
end

local swap, restored = record[9], {}
local last = swap and not redis.call('GET', mark(string.match(KEYS[3], '[^:]+$')))

local function restore()
  if not last or tonumber(redis.call('HGET', KEYS[1], 'ev') or 0) ~= swap[2] then return end
  local ends = {}
  for _, before in ipairs(swap[3]) do ends[before[1]] = before[2] end
  for _, contact in ipairs(ledger) do
    if ends[contact[ID]] and charged_again(contact[CHARGES] or {}) then
      contact[STATE], contact[EXPIRES] = 'R', ends[contact[ID]]
      restored[#restored + 1] = contact
    end
  end
end

-- From here on: writes only.
redis.call('DEL', KEYS[3])
if last then redis.call('DEL', mark(swap[1])) end
for _, contact in ipairs(open) do
  contact[STATE], contact[EXPIRES] = 'X', now
  give_back(KEYS[6], contact[CHARGES])
end
restore()
if #open + #restored == 0 then return {'released'} end
for _, contact in ipairs(restored) do look_by(KEYS[4], ARGV[2], falls_due(contact)) end
for _, contact in ipairs(open) do
  redis.call('XADD', KEYS[2], '*', 'e', entries[contact[ID]], 't', string.format('%.0f', now), 'k', 'outcome')
end
keep_leases(KEYS[6])
redis.call('HINCRBY', KEYS[1], 'ev', 1)
redis.call('HSET', KEYS[1], 'l', cmsgpack.pack(ledger))
return {'released'}
