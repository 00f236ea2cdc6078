-- First step of a move: takes the customer's turn, so that whoever began a move earlier cannot end it any more.
--
-- KEYS: customer, due.  ARGV: engagement version, ref
-- Replies {fields, timer} as field, value, ... and due ms or ''; or nothing when somebody was faster.
if tonumber(redis.call('HGET', KEYS[1], 'ev') or 0) ~= tonumber(ARGV[1]) then return {} end
redis.call('HINCRBY', KEYS[1], 'ev', 1)
return {redis.call('HGETALL', KEYS[1]), redis.call('ZSCORE', KEYS[2], ARGV[2]) or ''}
