"""The command line. Floor 9."""
