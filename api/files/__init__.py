"""Customers in files, NDJSON and CSV: read, checked and stored, or written."""
