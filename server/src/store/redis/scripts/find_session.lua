-- ARGV: its key. Gives its time and its user, or false.
local value = redis.call('GET', session_key(ARGV[1]))
if not value then return false end
local created_at, id = read_session(value)
if not id then return redis.error_reply('ERR a session is not of this server') end
local user = read_user(id)
return user and { created_at, user }
