-- What every script begins with: the names of all keys. They begin with one hash tag, so that all of them are on one
-- node of a Redis Cluster; a script works out most of them itself.
local users, numbers = '{auth}:users', '{auth}:numbers'
local function email_key(email) return '{auth}:email:' .. email end
local function user_key(id) return '{auth}:user:' .. id end
local function session_key(key) return '{auth}:session:' .. key end
local function sessions_key(id) return '{auth}:sessions:' .. id end

-- A user as the server reads it, or false.
local function read_user(id)
  local fields = redis.call('HMGET', user_key(id),
    'email', 'password', 'first_name', 'last_name', 'created_at', 'updated_at')
  if not fields[1] then return false end
  return { id, unpack(fields, 1, 6) }
end

-- The time of a session and its user's ID.
local function read_session(value)
  return string.match(value, '^(%-?%d+) (.+)$')
end
