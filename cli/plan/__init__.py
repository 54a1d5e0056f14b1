"""`sk2siem plan`: who breaks when a port, a TLS version or a cipher goes, and what each must change to."""
