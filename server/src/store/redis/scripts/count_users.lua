return redis.call('ZCARD', users)
