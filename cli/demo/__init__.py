"""`sk2siem demo`: the whole pipeline on this machine, from a simulated journal to a table that says what is open."""
