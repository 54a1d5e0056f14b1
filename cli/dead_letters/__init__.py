"""`sk2siem dead-letters`: what was rejected and why, and the way back to its topic once the cause is mended."""
