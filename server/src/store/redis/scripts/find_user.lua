-- ARGV: its ID.
return read_user(ARGV[1])
