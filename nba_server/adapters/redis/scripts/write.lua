-- One change of a customer by compare-and-set on the engagement version. Replies 1, or 0 when somebody was faster.
--
-- KEYS: customer, journal, due, clock, leases of caps
-- ARGV 1: [engagement version, bump profile, bump guard, delete profile, ref, when the customer must be looked at (0: never, -1: as set)]
-- ARGV 2: [field, value, ...] to set.  ARGV 3: [kind, payload, ...] of journal entries
-- ARGV 4: [channel or `*`, ...] on which consent is taken back: answers given before are not repeated
-- ARGV 5: [[cap, units, period's begin], ...] that released contacts give back; negative units are charged again
local meta = cmsgpack.unpack(ARGV[1])
local withdraws = cmsgpack.unpack(ARGV[4])
local fields, entries = cmsgpack.unpack(ARGV[2]), cmsgpack.unpack(ARGV[3])
local expected, bump_profile, bump_guard, delete_profile, ref, due = unpack(meta)

if tonumber(redis.call('HGET', KEYS[1], 'ev') or 0) ~= expected then return 0 end
local now = string.format('%.0f', store_time(KEYS[4]))

-- A deletion keeps what protects the person: denials and revocations stay, grants go.
local denials
if delete_profile then
  local stored = redis.call('HGET', KEYS[1], 'k')
  if stored and stored ~= '' then
    denials = {}
    for _, consent in ipairs(cmsgpack.unpack(stored)) do
      if consent[3] ~= 'granted' then denials[#denials + 1] = consent end
    end
  end
end

give_back(KEYS[5], cmsgpack.unpack(ARGV[5]))
keep_leases(KEYS[5])
redis.call('HINCRBY', KEYS[1], 'ev', 1)
if bump_profile then redis.call('HINCRBY', KEYS[1], 'pv', 1) end
if bump_guard then redis.call('HINCRBY', KEYS[1], 'gv', 1) end
for _, channel in ipairs(withdraws) do redis.call('HINCRBY', KEYS[1], 'w:' .. channel, 1) end
if delete_profile then redis.call('HDEL', KEYS[1], 'p', 'id', 'a') end
if denials then redis.call('HSET', KEYS[1], 'k', cmsgpack.pack(denials)) end
for i = 1, #fields, 2 do redis.call('HSET', KEYS[1], fields[i], fields[i + 1]) end
set_timer(KEYS[3], ref, due)
for i = 1, #entries, 2 do
  redis.call('XADD', KEYS[2], '*', 'e', entries[i + 1], 't', now, 'k', entries[i])
end
return 1
