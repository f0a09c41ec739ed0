"""What each endpoint is, one module per resource: the table that both layers send."""
