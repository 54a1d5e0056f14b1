"""The workshop for siem/: writing what is bulky from small sources, and the vendors' own tools that check it."""
