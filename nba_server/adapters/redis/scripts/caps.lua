-- What of a cap's units this bucket may spend. The bucket's leases are a hash, by cap:
-- [grant, units left, period's begin, period's end (0: never), 1 when closed, units returned when closed]
local GRANT, LEFT, SINCE, UNTIL, CLOSED, RETURNED = 1, 2, 3, 4, 5, 6
local leases, touched = {}, {}

local function lease_of(key, cap)
  if leases[cap] == nil then
    local packed = redis.call('HGET', key, cap)
    leases[cap] = packed and cmsgpack.unpack(packed) or false
  end
  return leases[cap]
end

-- Whether an offer's charges, each [cap, units], can be met; several of one cap are not.
local function affords(key, charges, now)
  for _, charge in ipairs(charges) do
    local lease = lease_of(key, charge[1])
    if not lease or lease[LEFT] < charge[2] or now < lease[SINCE] or (lease[UNTIL] > 0 and now >= lease[UNTIL]) then
      return false
    end
  end
  return true
end

-- Takes the units; what a contact was charged, each [cap, units, period's begin].
local function charged(key, charges)
  local taken = {}
  for i, charge in ipairs(charges) do
    local lease = lease_of(key, charge[1])
    lease[LEFT], touched[charge[1]] = lease[LEFT] - charge[2], true
    taken[i] = {charge[1], charge[2], lease[SINCE]}
  end
  return taken
end

-- Gives units back that were charged in the period that still runs here; negative units charge again.
local function give_back(key, taken)
  for _, charge in ipairs(taken or {}) do
    local lease = lease_of(key, charge[1])
    if lease and lease[SINCE] == charge[3] then
      lease[LEFT], touched[charge[1]] = lease[LEFT] + charge[2], true
    end
  end
end

local function keep_leases(key)
  for cap in pairs(touched) do redis.call('HSET', key, cap, cmsgpack.pack(leases[cap])) end
end
