-- The time in milliseconds by what the clock of a replay store says; by the server's own clock where it says nothing.
local function time_by(replay)
  local time = redis.call('TIME')
  local real = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  if not replay then return real end
  local ms = tonumber(string.sub(replay, 2))
  if string.sub(replay, 1, 1) == '=' then return ms end
  return real + ms
end

-- The store's time in milliseconds: its own clock, or that of a replay store.
local function store_time(key) return time_by(redis.call('GET', key)) end
