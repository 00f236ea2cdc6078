-- Decisions on customers who are still as they were read: no limit is counted again, nothing is unpacked. What is written was
-- worked out by the server, for contacts at the time of the read. All checks of a decision precede its first write; a second run
-- of the same call answers what the first one did. Decisions stand for themselves: one that fails does not undo another.
--
-- KEYS: five a decision: customer, journal, request, due, clock
-- ARGV: five a decision:
--   1: [decision id, fingerprint, attempt, channel, answer parts when consent was withdrawn, anonymous, time of the read,
--      valid until (0: for ever), versions of profile, guard and engagement, ms that the record is remembered, picks,
--      length of the answer's head, [due ms, ref] or nothing]
--   2-5: ledger ('' when nothing is reserved), suppressions under changed rules ('' when they stay), journal entry, answer
-- Replies for each decision as decide.lua does, but `reserved` where what the server proposed was committed, `changed` where
-- decide.lua must commit it, and `failed` with the words of the fault.
local real = real_time()
local call = redis.call

-- Whole numbers as text: '%.0f' takes several times as long.
local function whole(number) return string.format('%d', number) end

-- The decision whose keys and arguments stand behind `at`.
local function reserve(at)
  local decision_id, fingerprint, attempt, channel, withdrawn, anonymous, read_ms, valid_until,
    profile_version, guard_version, version, remember, picks, head, timer = unpack(cmsgpack.unpack(ARGV[at + 1]))
  local customer, journal, request, due, clock = KEYS[at + 1], KEYS[at + 2], KEYS[at + 3], KEYS[at + 4], KEYS[at + 5]
  local ledger, suppressions, entry, answer = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]

  local stored = call('MGET', request, clock)
  if stored[1] then
    local record = cmsgpack.unpack(stored[1])
    if record[1] ~= fingerprint then return {'conflict', '', ''} end
    return answered_again(request, record, attempt, not anonymous and customer or nil, channel, withdrawn)
  end

  local now = time_by(stored[2], real)
  if valid_until > 0 and now > valid_until then return {'stale', '', ''} end
  if now < read_ms then return {'changed'} end
  local taken_back = 0
  if not anonymous then
    local found = call('HMGET', customer, 'pv', 'gv', 'ev', 'w:*', 'w:' .. channel)
    if tonumber(found[1] or 0) ~= profile_version or tonumber(found[2] or 0) ~= guard_version then
      return {'stale', '', ''}
    end
    if tonumber(found[3] or 0) ~= version then return {'changed'} end
    taken_back = tonumber(found[4] or 0) + tonumber(found[5] or 0)
  end

  -- From here on: writes only.
  if ledger ~= '' then
    call('HSET', customer, 'ev', whole(version + 1), 'l', ledger)
    call('ZADD', due, 'LT', timer[1], timer[2])
  end
  if suppressions ~= '' then call('HSET', customer, 's', suppressions) end
  local stream_id = call('XADD', journal, '*', 'e', entry, 't', whole(read_ms), 'k', 'decision', 'p', picks)
  local record = {fingerprint, decision_id, stream_id, picks, answer, {attempt}, taken_back, head}
  call('SET', request, cmsgpack.pack(record), 'PX', remember)
  return {'reserved'}
end

local replies = {}
for at = 0, #KEYS - 5, 5 do
  local well, reply = pcall(reserve, at)
  if not well then reply = {'failed', type(reply) == 'table' and reply.err or tostring(reply)} end
  replies[#replies + 1] = reply
end
return replies
