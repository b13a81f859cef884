"""What an installation does, told to those who watch over it: figures for Prometheus, traces for OpenTelemetry.

Floor 1. It reads the events that this process journals, so nothing that answers a customer knows of it.
"""
