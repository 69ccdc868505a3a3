-- Gives what this Redis does when its memory is full, and whether it keeps an append-only file: '1' or '0'.
local info = redis.call('INFO', 'memory') .. redis.call('INFO', 'persistence')
return { string.match(info, 'maxmemory_policy:(%S+)'), string.match(info, 'aof_enabled:(%d)') }
