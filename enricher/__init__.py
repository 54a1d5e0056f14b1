"""The service that turns entries into verdicts, events, status and alerts: broker to broker."""
