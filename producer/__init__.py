"""From the audit journal to the broker: entries, decoded, are published with the position in one transaction."""
