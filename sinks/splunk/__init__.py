"""Splunk, through its HTTP Event Collector (HEC)."""
