"""From the broker to the SIEM: one folder per sink, each with its settings, its rendering and its judgement."""
