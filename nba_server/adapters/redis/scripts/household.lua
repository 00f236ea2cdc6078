-- KEYS: a household's members.  ARGV: prefix of the members' records, the member who asks.
-- Replies reference, ledger, reference, ledger, ... of the others; all of them live in the household's slot.
local replies = {}
local members = redis.call('SMEMBERS', KEYS[1])
table.sort(members)
for _, ref in ipairs(members) do
  if ref ~= ARGV[2] then
    replies[#replies + 1] = ref
    replies[#replies + 1] = redis.call('HGET', ARGV[1] .. ref, 'l') or ''
  end
end
return replies
