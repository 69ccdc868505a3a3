-- ARGV: its ID and the fields that change, names and values by turns. Gives the user as it is then, or false.
if not read_user(ARGV[1]) then return false end
redis.call('HSET', user_key(ARGV[1]), unpack(ARGV, 2))
return read_user(ARGV[1])
