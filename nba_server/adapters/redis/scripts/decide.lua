-- One decision: idempotency, versions, limits re-checked on the ledger, reserve, journal. All checks precede the first
-- write, because Lua does not roll back. A second run of the same call answers what the first one did.
--
-- KEYS: customer, journal, request, due, clock, leases of caps; with `supersedes` also the request and the mark of what is
--       superseded; under limits of a household also the set of its members and the customers who are the others
-- ARGV 1: [decision id, fingerprint, profile version, guard version, anonymous, retention ms, remember ms, ref, supersedes,
--         engagement version at which the suppressions of ARGV 7 hold, or -1, place of the household in KEYS or 0,
--         engagement version of the read or -1, how many offers are enough if the customer has another one by now]
-- ARGV 2: limits, each [cap, window ms, channels, directions, classes, groups, actions, of the household], and pressures, each [budget, horizon,
--         {channel: [half-life ms, weight, {class: weight}]}, of the household]; indices into it are those of one list
-- ARGV 3: placements, each [slots, offers, no offer]; an offer is [pick, contact, limits, answer, answer substituted,
--         chosen, charges], chosen being 1 for the policy's own choices and 0 for alternates, a charge [cap, units]
-- ARGV 4: head of the answer.  ARGV 5: journal entry
-- ARGV 6: [attempt, valid until ms (0: for ever), channel, answer parts when consent was withdrawn]
-- ARGV 7: suppressions under changed rules, or ''
local meta = cmsgpack.unpack(ARGV[1])
local decision_id, fingerprint, profile_version, guard_version = meta[1], meta[2], meta[3], meta[4]
local anonymous, retention, remember, ref, supersedes = meta[5], meta[6], meta[7], meta[8], meta[9]
local attempt, valid_until, channel, withdrawn = unpack(cmsgpack.unpack(ARGV[6]))

local earlier = redis.call('GET', KEYS[3])
if earlier then
  local record = cmsgpack.unpack(earlier)
  if record[1] ~= fingerprint then return {'conflict', '', ''} end
  return answered_again(KEYS[3], record, attempt, not anonymous and KEYS[1] or nil, channel, withdrawn)
end

-- A call that lay in a silent engine for longer than its caller can have waited reserves nothing any more.
local now = store_time(KEYS[5])
if valid_until > 0 and now > valid_until then return {'stale', '', ''} end
local ledger, muting_holds, changed = {}, false, false
if not anonymous then
  local stored = redis.call('HMGET', KEYS[1], 'pv', 'gv', 'l', 'ev')
  if tonumber(stored[1] or 0) ~= profile_version or tonumber(stored[2] or 0) ~= guard_version then
    return {'stale', '', ''}
  end
  local version = tonumber(stored[4] or 0)
  muting_holds, changed = version == meta[10], meta[12] >= 0 and version ~= meta[12]
  if stored[3] and stored[3] ~= '' then
    for _, entry in ipairs(cmsgpack.unpack(stored[3])) do
      if entry[AT] > now - retention or entry[RESPOND] > now then ledger[#ledger + 1] = entry end
    end
  end
end

-- The others of the household, whose contacts count too under its limits; whoever joined or left since the read is missing.
local home, others = meta[11], {}
if home > 0 then
  if redis.call('SCARD', KEYS[home]) ~= #KEYS - home + 1 then return {'stale', '', ''} end
  for i = home + 1, #KEYS do
    local member = string.match(KEYS[i], '[^:]+$')
    if redis.call('SISMEMBER', KEYS[home], member) == 0 then return {'stale', '', ''} end
    local packed = redis.call('HGET', KEYS[i], 'l')
    for _, entry in ipairs(packed and packed ~= '' and cmsgpack.unpack(packed) or {}) do
      entry[ID] = member .. '/' .. entry[ID]
      others[#others + 1] = entry
    end
  end
end

-- What the superseded decision still holds is released before anything is counted; what was confirmed stays.
local released, held_before = {}, {}

local function supersede()
  if redis.call('EXISTS', KEYS[8]) == 1 then return 'superseded' end
  local record = redis.call('GET', KEYS[7])
  local remembered = record and cmsgpack.unpack(record)[2] == supersedes
  local entries, open = 0, false
  for _, entry in ipairs(ledger) do
    if entry[DECISION] == supersedes then
      local held = entry[STATE] == 'R' and entry[EXPIRES] > now
      local freed = entry[STATE] == 'X' and remembered and #entry[REACTIONS] > 0
      if held then released[#released + 1] = entry end
      entries, open = entries + 1, open or held or freed or entry[STATE] == 'C'
    end
  end
  if entries == 0 and not remembered then return 'unknown' end
  if entries > 0 and not open then return 'expired' end
  for _, entry in ipairs(released) do
    held_before[#held_before + 1] = {entry[ID], entry[EXPIRES]}
    entry[STATE], entry[EXPIRES] = 'X', now
    give_back(KEYS[6], entry[CHARGES])
  end
end

if supersedes ~= '' then
  local refusal = supersede()
  if refusal then return {'refused', refusal, ''} end
end

local function set_of(names)
  if #names == 0 then return nil end
  local set = {}
  for _, name in ipairs(names) do set[name] = true end
  return set
end

local limits = {}
for i, packed in ipairs(cmsgpack.unpack(ARGV[2])) do
  if packed[5] then
    limits[i] = {
      cap = packed[1], window = packed[2],
      filters = {[CHANNEL] = set_of(packed[3]), [DIRECTION] = set_of(packed[4]), [CLASS] = set_of(packed[5]),
                 [GROUP] = set_of(packed[6]), [ACTION] = set_of(packed[7])},
      household = packed[8],
    }
  else
    limits[i] = {budget = packed[1], horizon = packed[2], rates = packed[3], household = packed[4]}
  end
end

local function covers(limit, entry)
  for field, set in pairs(limit.filters) do
    if not set[entry[field]] then return false end
  end
  return true
end

local function counts(entry)
  if entry[STATE] == 'R' and entry[EXPIRES] <= now then return not lapses(entry) end
  return entry[STATE] ~= 'X'
end

-- What of the ledger counts against a limit: times and names, entries of one decision sharing a name.
local function counted(limit)
  if limit.entries then return limit.entries end
  limit.entries = {}
  for _, entries in ipairs(limit.household and {ledger, others} or {ledger}) do
    for _, entry in ipairs(entries) do
      if counts(entry) and covers(limit, entry) then
        local name = entry[DECISION] ~= '' and entry[DECISION] or entry[ID]
        limit.entries[#limit.entries + 1] = {entry[AT], name}
      end
    end
  end
  return limit.entries
end

-- Distinct contacts in the window (last - window, last], the new one included.
local function crowd(entries, last, window)
  local seen, number = {[decision_id] = true}, 1
  for _, entry in ipairs(entries) do
    if entry[1] > last - window and entry[1] <= last and not seen[entry[2]] then
      seen[entry[2]] = true
      number = number + 1
    end
  end
  return number
end

-- Weighted pressure: what a contact weighs, and in how long that halves. Of one decision's entries the heaviest counts.
local function weight_of(pressure, entry)
  local rate = pressure.rates[entry[CHANNEL]]
  if not rate then return 0, 1 end
  return rate[3][entry[CLASS]] or rate[2], rate[1]
end

local function put(pressure, entry, name)
  local weight, half_life = weight_of(pressure, entry)
  if weight <= 0 then return end
  local place = pressure.places[name]
  if place and pressure.loads[place][2] >= weight then return end
  place = place or #pressure.loads + 1
  pressure.places[name] = place
  pressure.loads[place] = {entry[AT], weight, half_life}
end

local function carried(pressure)
  if not pressure.loads then
    pressure.loads, pressure.places = {}, {}
    for _, entries in ipairs(pressure.household and {ledger, others} or {ledger}) do
      for _, entry in ipairs(entries) do
        if counts(entry) then put(pressure, entry, entry[DECISION] ~= '' and entry[DECISION] or entry[ID]) end
      end
    end
  end
  return pressure.loads
end

-- The pressure at a moment, and what is left of a weight of one; nothing of what is older than the horizon.
local function left(pressure, since, half_life, moment)
  local age = moment - since
  if age < 0 or age >= pressure.horizon * half_life then return 0 end
  return 2 ^ (-age / half_life)
end

local function fits(pressure, moment, at, weight, half_life)
  local level, own = weight * left(pressure, at, half_life, moment), pressure.places[decision_id]
  for place, load in ipairs(pressure.loads) do
    if place ~= own then level = level + load[2] * left(pressure, load[1], load[3], moment) end
  end
  return level <= pressure.budget + 1e-9
end

-- A contact is borne if the pressure is within the budget at its time and at every later contact that still feels it.
local function bears(pressure, contact, at)
  local weight, half_life = weight_of(pressure, contact)
  if weight <= 0 then return true end
  for _, load in ipairs(carried(pressure)) do
    if load[1] > at and load[1] < at + pressure.horizon * half_life
      and not fits(pressure, load[1], at, weight, half_life) then
      return false
    end
  end
  return fits(pressure, at, at, weight, half_life)
end

-- A contact at `at` is admitted if every window that holds it stays within the cap: it suffices to look at the windows
-- that end at `at` or at a later contact that still shares a window with it.
local function admits(limit, contact, at)
  if limit.rates then return bears(limit, contact, at) end
  local entries = counted(limit)
  if crowd(entries, at, limit.window) > limit.cap then return false end
  for _, entry in ipairs(entries) do
    if entry[1] > at and entry[1] < at + limit.window and crowd(entries, entry[1], limit.window) > limit.cap then
      return false
    end
  end
  return true
end

local function reserve(contact)
  local function moment(duration) return duration > 0 and now + duration or 0 end
  contact[AT] = now + contact[AT]
  contact[EXPIRES] = moment(contact[EXPIRES])
  contact[RESPOND] = moment(contact[RESPOND])
  local place = #ledger + 1
  while place > 1 and ledger[place - 1][AT] > contact[AT] do place = place - 1 end
  table.insert(ledger, place, contact)
  for _, limit in ipairs(limits) do
    if limit.loads then
      put(limit, contact, decision_id)
    elseif limit.entries and covers(limit, contact) then
      limit.entries[#limit.entries + 1] = {contact[AT], decision_id}
    end
  end
end

local taken, parts, reserved, actions = {}, {ARGV[4]}, {}, {}

local function take(offer, substituted)
  local contact = offer[2]
  actions[contact[ACTION]] = true
  contact[CHARGES] = charged(KEYS[6], offer[7])
  taken[#taken + 1] = (substituted and 's' or '') .. string.format('%d', offer[1])
  parts[#parts + 1] = substituted and offer[5] or offer[4]
  if not anonymous then
    reserve(contact)
    reserved[#reserved + 1] = contact
  end
end

local function free(offer)
  local contact = offer[2]
  if actions[contact[ACTION]] then return false end
  if not affords(KEYS[6], offer[7], now) then return false end
  if anonymous then return true end
  for _, index in ipairs(offer[3]) do
    if not admits(limits[index + 1], contact, now + contact[AT]) then return false end
  end
  return true
end

local no_offers = {}
for _, placement in ipairs(cmsgpack.unpack(ARGV[3])) do
  local filled = 0
  for _, offer in ipairs(placement[2]) do
    if filled >= placement[1] then break end
    if free(offer) then
      take(offer, offer[6] == 0)
      filled = filled + 1
    end
  end
  if filled == 0 then no_offers[#no_offers + 1] = placement[3] end
end
for _, part in ipairs(no_offers) do parts[#parts + 1] = part end

-- What took the slots when the customer was read may have been given back since: that can only be told by deciding again.
if changed and #taken < meta[13] then return {'stale', '', ''} end

-- From here on: writes only.
keep_leases(KEYS[6])
if muting_holds then redis.call('HSET', KEYS[1], 's', ARGV[7]) end
if #reserved > 0 or #released > 0 then
  redis.call('HINCRBY', KEYS[1], 'ev', 1)
  redis.call('HSET', KEYS[1], 'l', cmsgpack.pack(ledger))
  for _, contact in ipairs(reserved) do look_by(KEYS[4], ref, falls_due(contact)) end
end
if supersedes ~= '' then redis.call('SET', KEYS[8], decision_id, 'PX', remember) end
local picks, answer = table.concat(taken, ','), table.concat(parts)
local stream_id = redis.call('XADD', KEYS[2], '*', 'e', ARGV[5], 't', string.format('%.0f', now), 'k', 'decision', 'p', picks)
local taken_back = anonymous and 0 or withdrawals(KEYS[1], channel)
local record = {fingerprint, decision_id, stream_id, picks, answer, {attempt}, taken_back, #ARGV[4]}
-- What undoes the swap as long as nothing else happens to the customer. In a household others may take a slot unseen.
if supersedes ~= '' then
  local state = redis.call('HMGET', KEYS[1], 'ev', 'h')
  record[9] = {string.match(KEYS[8], '[^:]+$'), state[2] and -1 or tonumber(state[1] or 0), held_before}
end
redis.call('SET', KEYS[3], cmsgpack.pack(record), 'PX', remember)
return {'committed', answer, picks}
