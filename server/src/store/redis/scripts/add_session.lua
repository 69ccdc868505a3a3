-- ARGV: its key, its user's ID, its time; and where its lifetime is limited, for how many milliseconds to keep it and
-- the time before which sessions are to be forgotten. Gives 1, or 0 where there is no such user.
local key, id, created_at, keep, before = unpack(ARGV)
local sessions = sessions_key(id)
if redis.call('HEXISTS', user_key(id), 'email') == 0 then return 0 end
local oldest = redis.call('ZRANGE', sessions, 0, 3, 'WITHSCORES')
-- -2: there are none; -1: one of them is for ever.
local left = redis.call('PTTL', sessions)
if keep then
  redis.call('SET', session_key(key), created_at .. ' ' .. id, 'PX', keep)
else
  redis.call('SET', session_key(key), created_at .. ' ' .. id)
end
redis.call('ZADD', sessions, created_at, key)
-- Those that Redis has let go of, and those that are long over: more at each login than it adds, and never so many
-- that others wait.
for at = 1, #oldest, 2 do
  local old = session_key(oldest[at])
  if redis.call('EXISTS', old) == 0 or before and tonumber(oldest[at + 1]) < tonumber(before) then
    redis.call('DEL', old)
    redis.call('ZREM', sessions, oldest[at])
  end
end
-- What lists the sessions lasts as long as the last of them.
if not keep then
  redis.call('PERSIST', sessions)
elseif left == -2 or left >= 0 and left < tonumber(keep) then
  redis.call('PEXPIRE', sessions, keep)
end
return 1
