-- ARGV: its email.
local id = redis.call('GET', email_key(ARGV[1]))
return id and read_user(id)
