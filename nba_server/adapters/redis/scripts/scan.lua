-- One step of a walk over the customers of a place: replies with its run, the next cursor, and key and id of those with a profile.
-- A cursor holds only in the run of the engine that gave it: after a restart the walk begins again.
--
-- KEYS: a key of the place.  ARGV: cursor, run that gave it, pattern, count
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local cursor = ARGV[2] == run and ARGV[1] or '0'
local reply = redis.call('SCAN', cursor, 'MATCH', ARGV[3], 'COUNT', ARGV[4])
local found = {}
for _, key in ipairs(reply[2]) do
  local id = redis.call('HGET', key, 'id')
  if id and id ~= '' then
    found[#found + 1] = key
    found[#found + 1] = id
  end
end
return {run, reply[1], found}
