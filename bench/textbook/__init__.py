"""The customer API as the documentation of Strawberry and of Tortoise would have one write it.

Tables, dataloaders, types, queries and one mutation; Strawberry's caches of parsed and validated documents
are on. Nothing is checked or normalised, which spares it work that the real one does.
"""
