-- A contact as the ledger keeps it: an array in the order of ledger_codec.py.
local ID, AT, EXPIRES, STATE, CHANNEL, DIRECTION, CLASS, GROUP, ACTION, DECISION, RESPOND =
  1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 14
local REACTIONS, DEFERRED, CHARGES = 15, 16, 17

-- A reservation that is released at its end: inbound, or inactive because deferred and nothing stands on it.
local function lapses(entry)
  if entry[DIRECTION] == 'i' then return true end
  if entry[DEFERRED] ~= 1 then return false end
  for _, reaction in ipairs(entry[REACTIONS]) do
    if reaction[5] == 0 then return false end
  end
  return true
end

-- When a reservation must be looked at, 0 for never: at the end of its window, or at its own where it holds units of a cap.
local function falls_due(entry)
  local due = entry[RESPOND] > 0 and entry[RESPOND] or entry[EXPIRES]
  if #(entry[CHARGES] or {}) > 0 and lapses(entry) then return math.min(due, entry[EXPIRES]) end
  return due
end
