"""Files of canonical records, one JSON object a line, or standard output."""
