-- KEYS: keys.  ARGV: how many parts of each are measured.  Replies with the bytes that each takes, roughly; 0 without a key.
local replies = {}
for i, key in ipairs(KEYS) do
  replies[i] = redis.call('MEMORY', 'USAGE', key, 'SAMPLES', ARGV[1]) or 0
end
return replies
