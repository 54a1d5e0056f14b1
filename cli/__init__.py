"""The one command `sk2siem`: reads the settings, wires a service and runs it; tools for the operator."""
