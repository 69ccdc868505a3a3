-- ARGV: ID, email, and the fields of its hash, names and values by turns. Gives 1, or 0 where another has the email.
local id, email = ARGV[1], ARGV[2]
if redis.call('GET', email_key(email)) then return 0 end
redis.call('ZCARD', users)
redis.call('HLEN', user_key(id))
local number = redis.call('INCR', numbers)
redis.call('HSET', user_key(id), 'email', email, unpack(ARGV, 3))
redis.call('SET', email_key(email), id)
redis.call('ZADD', users, number, id)
return 1
