"""An installation written to one file, and put back."""
