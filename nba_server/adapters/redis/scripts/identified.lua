-- What a visitor's identification was answered. Always writes, so that a WAIT behind it covers it.
--
-- KEYS: the visitor's record at one of its places
-- Replies {pointer or '', answer or ''}.
local stored = redis.call('HMGET', KEYS[1], 'at', 'm')
if stored[2] then redis.call('HSET', KEYS[1], 'm', stored[2]) end
return {stored[1] or '', stored[2] or ''}
