-- ARGV: the number after which to begin, how many users at most. Gives the number of the last one and the users.
local page = redis.call('ZRANGE', users, '(' .. ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
local found = {}
for at = 1, #page, 2 do
  local user = read_user(page[at])
  if not user then return redis.error_reply('ERR a user in the list is nowhere else') end
  found[#found + 1] = user
end
return { page[#page] or false, found }
