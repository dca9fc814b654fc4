"""How to reach PostgreSQL: settings, the embedded server, the connection pool, migrating."""
