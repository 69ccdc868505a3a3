-- ARGV: its ID. Gives 1, or 0 where there is no such user.
local id = ARGV[1]
local email = redis.call('HGET', user_key(id), 'email')
if not email then return 0 end
local keys = redis.call('ZRANGE', sessions_key(id), 0, -1)
redis.call('ZREM', users, id)
redis.call('DEL', user_key(id), email_key(email), sessions_key(id))
for _, key in ipairs(keys) do redis.call('DEL', session_key(key)) end
return 1
