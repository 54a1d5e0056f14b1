"""`sk2siem report`: who connected, what of it was not encrypted, what recurs, and what could not be known."""
