"""Running it for real: ready to serve, backup and restore, prune, and stopping without cutting a publish in half."""
