"""What every service stands on: the loop, the brokers, settings, health, logs and metrics."""
