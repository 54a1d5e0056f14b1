"""`sk2siem doctor`: whether a partition and what is behind it are ready, and the exact command for what is not."""
