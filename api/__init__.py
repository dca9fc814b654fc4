"""The customer API over HTTP, and its command line."""
