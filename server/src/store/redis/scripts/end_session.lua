-- ARGV: its key. Gives 1, or 0 where there is no such session.
local value = redis.call('GET', session_key(ARGV[1]))
if not value then return 0 end
local _, id = read_session(value)
if not id then return redis.error_reply('ERR a session is not of this server') end
redis.call('ZREM', sessions_key(id), ARGV[1])
return redis.call('DEL', session_key(ARGV[1]))
