"""The HTTP API: for customers' pages, for the merchant's systems, for any AG-UI client. Floor 7."""
