"""Measuring the team on labelled messages: nothing here runs while customers are served."""
