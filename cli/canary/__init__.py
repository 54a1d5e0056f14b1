"""`sk2siem canary`: a connection made on purpose, followed from the journal to the SIEM."""
