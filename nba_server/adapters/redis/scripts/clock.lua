-- The server's own time in milliseconds; it stands still while a script runs.
local function real_time()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The time in milliseconds by what the clock of a replay store says; by the server's own where it says nothing.
local function time_by(replay, real)
  real = real or real_time()
  if not replay then return real end
  local ms = tonumber(string.sub(replay, 2))
  if string.sub(replay, 1, 1) == '=' then return ms end
  return real + ms
end

-- The store's time in milliseconds: its own clock, or that of a replay store.
local function store_time(key) return time_by(redis.call('GET', key)) end
